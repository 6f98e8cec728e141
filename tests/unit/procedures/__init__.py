"""The policy language, its loader and checks, and the procedures that come with Huiyin."""
