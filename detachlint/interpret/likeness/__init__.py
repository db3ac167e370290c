"""What is alike: values and heaps compared without their addresses, and paths that become one."""
