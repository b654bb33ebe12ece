"""Moving bytes from a cloud to the disk, and telling how far it is."""
