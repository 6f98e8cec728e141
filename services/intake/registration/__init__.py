"""How a complaint is registered: request, draft, number and answer, one by one or in batches, in one transaction."""
