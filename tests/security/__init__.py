"""Where keys, passphrases and signatures may be seen: in the headers of a request to the venue, and nowhere else."""
