"""The demo: two OpenStack clouds on one machine (``demo.sandbox``) and a move between them."""
