"""Code that runs in the services' own Python, inside or in front of the OpenStack services."""
