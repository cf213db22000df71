{
  // Test charts of n x n whole grey levels, and how pictures and differences become pixels of a canvas.
  const CHARTS = {
    "Zone plate": (n) => (x, y) => 127.5 * (1 + Math.cos((Math.PI * (x * x + y * y)) / (2 * Math.max(n - 1, 1)))),
    Circle: (n) => (x, y) => {
      const middle = (n - 1) / 2;
      return Math.hypot(x - middle, y - middle) <= 0.38 * n ? 0 : 255;
    },
    // Strokes one pixel wide, two pixels, and gaps between lines, as print has.
    "Bars as in text": () => (x, y) => ([2, 5].includes(y % 6) || [1, 4, 6].includes((x + 3 * Math.floor(y / 6)) % 7) ? 255 : 0),
  };

  const draw = (n, level) => Array.from({ length: n }, (_, y) => Array.from({ length: n }, (_, x) => Math.round(level(x, y))));
  const charts = (n) => Object.entries(CHARTS).map(([name, chart]) => [name, draw(n, chart(n))]);

  function photograph({ width, pixels }) {
    const bytes = Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
    return draw(width, (x, y) => bytes[y * width + x]);
  }

  // What the pictures of two sides differ by. A difference that rounding to whole grey levels can hide moves no pixel.
  function moves(a, b) {
    const differences = a.map((row, y) => row.map((level, x) => level - b[y][x]));
    const sizes = differences.flat().map(Math.abs);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return {
      differences, pixels: sizes.length, moved: sizes.filter((size) => size >= 0.5).length,
      most: Math.max(...sizes), mean: total / sizes.length,
    };
  }

  function canvas(rows, colour, label) {
    const made = halfpixel.element("canvas", { width: rows[0].length, height: rows.length, className: "pixels", role: "img", "aria-label": label });
    const context = made.getContext("2d"), image = context.createImageData(made.width, made.height);
    rows.flat().forEach((level, i) => image.data.set([...colour(level), 255], 4 * i));
    context.putImageData(image, 0, 0);
    return made;
  }

  const grey = (level) => Array(3).fill(Math.round(Math.min(255, Math.max(0, Number.isFinite(level) ? level : 0))));

  // Colours from a list, its middle for zero, its ends for -most and most.
  function symmetric(palette, most) {
    const middle = (palette.length - 1) / 2;
    return (value) => {
      const place = Math.round(middle + (most ? Math.max(-1, Math.min(1, value / most)) * middle : 0));
      const colour = palette[Number.isNaN(place) ? middle : place];
      return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
    };
  }

  halfpixel.pictures = { charts, photograph, moves, canvas, grey, symmetric };
}
