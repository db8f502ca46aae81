"""The parts of the config flow: its steps by subject, its forms, and what was entered."""
