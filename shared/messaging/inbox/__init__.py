"""The inbox: a batch of records becomes one transaction, each event takes effect once, what fails is kept aside."""
