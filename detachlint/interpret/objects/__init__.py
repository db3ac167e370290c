"""Classes, their instances, and the attributes of both."""
