"""`python -m huiyin …`: the `huiyin` command, for where its script is not on the path."""

from huiyin.main import main

main()
