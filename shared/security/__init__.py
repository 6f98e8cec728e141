"""Keys and scopes, and the encryption of the vault."""
