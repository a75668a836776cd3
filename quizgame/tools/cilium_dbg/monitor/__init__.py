"""How ``cilium-dbg monitor`` prints events: in lines, dissected, in hexadecimal, as JSON."""
