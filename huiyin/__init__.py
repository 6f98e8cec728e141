"""The `huiyin` command and all that only it needs. It imports services and shared; neither imports it."""
