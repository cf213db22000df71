"""Images that travel to a device, and what the device made of them: make a kit, read the answers, name the resize."""
