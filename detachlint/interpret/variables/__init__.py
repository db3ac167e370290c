"""What names stand for, and the variables that outlive a call: those of modules, classes and closures."""
