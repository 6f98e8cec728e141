"""`huiyin procedure` and `huiyin calendar`: the rules and the calendars that are in force."""
