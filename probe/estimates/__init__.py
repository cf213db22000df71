"""What measured matrices tell of a resize without its name: coordinate map, kernel, borders, each with a drawing."""
