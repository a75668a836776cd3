"""Cluster Mesh: how clusters learn each other's nodes, endpoints, identities and shared services.

A cluster publishes its state through the Deployment ``clustermesh-apiserver``. Who connects to whom is written in the
release's values and rendered into two Secrets. KVStoreMesh, a container beside the API server, mirrors the remote
clusters, and the agents read its copy; without it each agent connects to the remote clusters itself. What an agent
has received is kept when its connection is lost. Source: facts F-11, F-12, F-50 to F-57, F-68; chart 1.19,
templates/clustermesh-config.
"""
