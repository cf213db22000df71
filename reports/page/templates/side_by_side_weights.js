{
  // Matrices as heat maps, drawn by BokehJS from a description of the plot.
  let made = 0;

  function model(name, attributes = {}) {
    made += 1;
    return { type: "object", name, id: `weights-${made}`, attributes };
  }

  const field = (name) => ({ type: "field", field: name });
  const value = (given) => ({ type: "value", value: given });
  const map = (entries) => ({ type: "map", entries: Object.entries(entries) });

  function axis(label, count, ink) {
    const step = Math.max(1, Math.ceil(count / 12));
    return model("LinearAxis", {
      ticker: model("FixedTicker", { ticks: Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step) }),
      axis_label: label, axis_label_text_color: ink, axis_label_text_font_style: "normal", axis_label_text_font_size: "12px",
      major_label_text_color: ink, major_label_text_font_size: "11px", axis_line_color: null, major_tick_line_color: null, minor_tick_line_color: null,
    });
  }

  function plot(matrix, { most, palette, ink, edge, digits }) {
    const nOut = matrix.length, nIn = matrix[0].length;
    const cells = matrix.flatMap((row, output) => row.map((weight, input) => ({ output, input, weight })));
    const column = (name) => cells.map((cell) => cell[name]);
    const mapper = model("LinearColorMapper", { palette, low: -most, high: most });
    const source = model("ColumnDataSource", {
      data: map({
        input: column("input"), output: column("output"), shown: column("weight").map((weight) => digits(weight)),
        weight: column("weight").map((weight) => (Number.isFinite(weight) ? weight : 0)),
      }),
    });
    const glyph = model("Rect", {
      x: field("input"), y: field("output"), width: value(1), height: value(1),
      fill_color: { type: "field", field: "weight", transform: mapper }, line_color: value(nIn > 20 ? null : edge), line_width: value(0.5),
    });
    const bar = model("ColorBar", {
      color_mapper: mapper, width: 10, padding: 4, label_standoff: 5, major_label_text_color: ink, major_label_text_font_size: "11px",
      background_fill_color: null, ticker: model("FixedTicker", { ticks: [-most, -most / 2, 0, most / 2, most] }),
      formatter: model("NumeralTickFormatter", { format: "0.[0000]" }), major_tick_line_color: ink,
    });
    const hover = model("HoverTool", { tooltips: [["output", "@output"], ["input pixel", "@input"], ["weight", "@shown"]] });
    return model("Plot", {
      x_range: model("Range1d", { start: -0.5, end: nIn - 0.5 }), y_range: model("Range1d", { start: nOut - 0.5, end: -0.5 }),
      x_scale: model("LinearScale"), y_scale: model("LinearScale"),
      renderers: [model("GlyphRenderer", { data_source: source, glyph })],
      above: [axis("input pixel", nIn, ink)], left: [axis("output pixel", nOut, ink)], right: [bar],
      toolbar: model("Toolbar", { tools: [hover] }), toolbar_location: null,
      background_fill_color: null, border_fill_color: null, outline_line_color: edge,
      sizing_mode: "stretch_width", height: Math.min(360, Math.max(170, 90 + nOut * Math.min(26, 300 / nIn))), min_border: 4,
    });
  }

  // Draws a matrix into an element in place of what was there; gives back what removes it.
  async function draw(target, matrix, style) {
    const root = plot(matrix, style);
    const doc = { version: Bokeh.version, title: "weights", roots: [root] };
    const views = await Bokeh.embed.embed_item({ doc, root_id: root.id, target_id: null }, target);
    return () => views.clear();
  }

  halfpixel.weights = { draw };
}
