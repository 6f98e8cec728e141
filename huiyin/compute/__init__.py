"""Questions of business time as JSON lines, many at a time: `huiyin sla compute` and its bench."""
