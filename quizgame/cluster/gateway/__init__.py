"""Gateway API and Ingress: what the operator makes of Gateways, routes and Ingresses, and what it says of them."""
