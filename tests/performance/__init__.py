"""How long whole processes take, in multiples of what LibCST's parser alone takes."""
