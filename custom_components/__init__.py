"""Custom components: a package, so that tests import ours and no other."""
