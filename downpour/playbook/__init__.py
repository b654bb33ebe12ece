"""Rendering the Ansible playbook of a bundle, and the collection that it is made of."""
