"""How each role is answered."""
