{
  const { element, verdictNames } = halfpixel;
  const at = (name) => document.getElementById(`compare-${name}`);
  const section = document.getElementById("compare");
  const form = section.querySelector("form");
  const NAMED_AT_MOST = 5, NEAR_AT_MOST = 5;
  // No scale of differences ends below these: rounding would look like a difference.
  const SEEN_GREY = 1, SEEN_WEIGHT = 0.001;

  let wanted = new URLSearchParams();
  let loading = null, drawn = [], current = null, turn = 0;

  const number = (value) => halfpixel.number(value, 4);
  const pixels = (value) => `${number(value)} input pixel${value === 1 ? "" : "s"}`;
  const inWords = ({ n_in: nIn, n_out: nOut }) => `${nIn} → ${nOut} pixels`;
  const counted = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
  // What was not measured looks like what is not installed.
  const mark = (verdict) => halfpixel.verdictMark(verdict === "not measured" ? "not installed" : verdict, verdict);

  function sentence(a, b, size, place, found) {
    const here = `from ${size.n_in} to ${counted(size.n_out, "pixel")}`;
    const worst = found.worst && `${number(found.grey)} grey levels of 255`;
    const where = found.worst && `at output ${found.worst.row} along the ${found.worst.result.axis}`;
    const moved = found.moved >= 5e-5 ? ` What outputs read lies up to ${pixels(found.moved)} apart.` : "";
    const refuses = (one) => one.refused(place) && `${one.name} refuses: ${one.refused(place)}`;
    const misshapes = (one) => one.misshapen(place) && `${one.name} returns another shape: ${one.misshapen(place)}`;
    switch (found.verdict) {
      case "exact": return `The same, bit for bit, ${here}: both apply the same weights to every image.`;
      case "agrees": return `They agree ${here}: whatever the image, they differ by at most ${worst}, which float32 rounding explains.`;
      case "approximates": return `They differ by less than a grey level ${here}: by at most ${worst} (${where}), which is more than rounding explains.`;
      case "ties": return `They differ only at rounding ties ${here}: at ${found.failing.length === 1 ? "output" : "outputs"} ${found.failing.join(", ")} a coordinate lies where a rule jumps (halfway between two pixels, or on the border), or within rounding of that, and each side falls its own way. The worst image differs by ${worst}.${moved}`;
      case "diverges": return `They are different functions ${here}: the worst image differs by ${worst}, ${where}.${moved}`;
      case "error": return [misshapes(a), misshapes(b)].filter(Boolean).join("; ") || `One of them returns what is no number ${here}.`;
      case "unsupported": return `Nothing to compare ${here}. ${[refuses(a), refuses(b)].filter(Boolean).join("; ")}. A refusal is not measured.`;
      default: return `Not measured ${here}: calls that cost much for every new size are measured at few. Choose another size below.`;
    }
  }

  // Below a millionth of a pixel the sums themselves are rounding.
  function apart(moved) {
    if (Number.isNaN(moved)) return "none has a centre";
    return moved < 1e-6 ? "under 0.000001 input pixels" : pixels(moved);
  }

  function facts(a, b, found) {
    const rows = [
      ["gain", "Worst error, images in [−1, 1]", number(found.gain)],
      ["grey", "Worst error, images in 0 to 255", `${number(found.grey)} grey levels`],
      ["moved", "Samples apart by at most", apart(found.moved)],
      ["bound", "Rounding explains, in [−1, 1]", number(found.bound)],
    ];
    at("facts").replaceChildren(...rows.flatMap(([id, title, text]) =>
      [element("dt", { textContent: title }), element("dd", {}, element("b", { id: `compare-${id}`, textContent: text }))]));
    for (const [label, one] of [["First", a], ["Second", b]]) {
      const text = one.exact ? `exact${one.knownAs.length ? `, known as ${one.knownAs.join(", ")}` : ""}` : one.claim ? `documents ${one.claim.name}` : "documents no convention";
      at("facts").append(element("dt", { textContent: label }), element("dd", { textContent: `${one.name}: ${text}` }));
    }
  }

  function fraction(text) {
    const [above, below = 1] = text.split("/").map(Number);
    const shown = text.replace("-", "−");
    return below === 1 ? shown : `${shown} = ${number(above / below)}`;
  }

  function reads(row) {
    const used = row.flatMap((weight, i) => (weight === 0 ? [] : [i]));
    if (!used.length) return "nothing";
    const list = used.length <= NAMED_AT_MOST ? used.join(", ") : `${used[0]} to ${used.at(-1)}`;
    return `${list} (centre ${number(halfpixel.matrices.centroid(row)).replace("none", "–")})`;
  }

  function where(a, b, place, result) {
    const cell = (one, rows, o) => {
      const coordinates = one.at(place);
      return element("td", {}, coordinates ? `at ${fraction(coordinates[o])}` : "undocumented", element("small", { textContent: `reads ${reads(rows[o])}` }));
    };
    const head = ["Output", "First", "Second", "Differ by, in grey levels"].map((text) => element("th", { scope: "col", textContent: text }));
    const lines = result.gains.map((gain, o) => element("tr", { className: result.failing.includes(o) ? "differs" : "" },
      element("th", { scope: "row", textContent: String(o) }), cell(a, result.a, o), cell(b, result.b, o),
      element("td", { textContent: number(halfpixel.matrices.greyLevels(result.difference[o])) })));
    at("where").replaceChildren(
      element("caption", { textContent: "The documented coordinate in input pixels (the centre of pixel 0 is 0), and the pixels with a weight." }),
      element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...lines));
  }

  const largest = (matrix) => Math.max(...matrix.flat().map(Math.abs).filter(Number.isFinite), 0);

  async function heatMaps(data, result, mine) {
    at("axis").textContent = `Along the ${result.axis}. Rows are outputs, columns input pixels; both maps have one scale, the difference its own, with zero in the middle.`;
    const scale = largest([...result.a, ...result.b]) || 1;
    const maps = [["First", result.a, scale], ["Second", result.b, scale], ["First minus second", result.difference, Math.max(largest(result.difference), SEEN_WEIGHT)]];
    const style = getComputedStyle(document.documentElement);
    const targets = maps.map(([name, matrix]) => {
      const plot = element("div", { className: "heat", role: "group", "aria-label": `${name}: a map of the weights, which are also in the table below` });
      return [plot, element("figure", {}, plot, element("figcaption", { textContent: `${name}: largest ${number(largest(matrix))}` }))];
    });
    for (const clear of drawn.splice(0)) clear();
    at("weights").replaceChildren(...targets.map(([, figure]) => figure));
    numbers(maps);
    await halfpixel.library("bokeh");
    for (const [i, [, matrix, most]] of maps.entries()) {
      if (mine !== turn) return;
      drawn.push(await halfpixel.weights.draw(targets[i][0], matrix, {
        most, palette: data.palette, digits: number,
        ink: style.getPropertyValue("--ink").trim(), edge: style.getPropertyValue("--rule").trim(),
      }));
    }
  }

  function numbers(maps) {
    const details = at("numbers");
    const fill = () => {
      if (!details.open) return;
      details.replaceChildren(details.firstElementChild, ...maps.map(([name, matrix]) => element("div",
        { className: "scroll", role: "region", tabIndex: 0, "aria-label": `${name}: weights` },
        element("table", {},
          element("caption", { textContent: `${name}: a row for each output, a column for each input pixel` }),
          element("thead", {}, element("tr", {}, element("td"), ...matrix[0].map((_, i) => element("th", { scope: "col", textContent: String(i) })))),
          element("tbody", {}, ...matrix.map((row, o) => element("tr", {},
            element("th", { scope: "row", textContent: String(o) }), ...row.map((weight) => element("td", { textContent: number(weight) }))))),
        ))));
    };
    details.ontoggle = fill;
    fill();
  }

  function worstImage(found) {
    const { result, row } = found.worst;
    const difference = result.difference[row];
    const plus = difference.reduce((sum, value) => sum + Math.max(value, 0), 0);
    const minus = difference.reduce((sum, value) => sum + Math.max(-value, 0), 0);
    const lit = difference.map((value) => (plus >= minus ? value > 0 : value < 0));
    const returned = (weights) => weights.reduce((sum, weight, i) => sum + (lit[i] ? 255 * weight : 0), 0);
    if (!(found.gain > 0)) {
      at("worst").replaceChildren(element("p", { textContent: "There is none: every image comes out the same." }));
      return;
    }
    const text = lit.map((on) => (on ? "255" : "0")).join(" ");
    const image = halfpixel.pictures.canvas([lit.map((on) => 255 * on)], halfpixel.pictures.grey, `the pixels ${text}`);
    image.classList.add("line");
    at("worst").replaceChildren(
      element("p", {}, `Of this line of ${counted(lit.length, "pixel")} the first makes `, element("b", { textContent: number(returned(result.a[row])) }),
        ` at output ${row} along the ${result.axis}, and the second `, element("b", { textContent: number(returned(result.b[row])) }), "."),
      image, element("p", { className: "small" }, element("code", { id: "compare-image", textContent: text })),
      element("p", { className: "small", textContent: `For images in [−1, 1] its signs count: ${difference.map((value) => (value > 0 ? "+" : value < 0 ? "−" : "0")).join(" ")}.` }));
  }

  // What was swept by the suites of the run says more than the sizes that are here.
  function swept(data, a, b) {
    const pair = data.pairs.find(({ names: [one, other] }) => [one, other].sort().join() === [a.name, b.name].sort().join());
    if (pair) return { verdict: pair.verdict, text: `At all sizes that were swept: ${pair.verdict}${pair.grey ? `, at worst by ${number(pair.grey)} grey levels` : ""}${pair.size ? ` (${pair.size[0]} → ${pair.size[1]})` : ""}.` };
    const group = data.classes.find(({ members }) => members.includes(a.name) && members.includes(b.name));
    return group && { verdict: "agrees", text: `They are the same function at all ${group.pairs} pairs of sizes that were swept.` };
  }

  function overall(data, a, b, all) {
    const verdicts = all.map(({ verdict }) => verdict);
    const count = (...those) => verdicts.filter((verdict) => those.includes(verdict)).length;
    const parts = [
      [count("diverges"), "are different functions"], [count("ties"), "differ at rounding ties"], [count("approximates"), "differ by less than a grey level"],
      [count(...verdictNames("agree")), "agree"], [count("unsupported", "error", "not measured"), "could not be compared"],
    ].filter(([times]) => times).map(([times, what]) => `${what} at ${times}`);
    const more = swept(data, a, b);
    const compared = [...all.map(({ verdict }) => verdict).filter((verdict) => verdict !== "not measured" && verdict !== "unsupported"), ...(more ? [more.verdict] : [])];
    const worst = compared.sort((x, y) => severity(y) - severity(x))[0] || "not measured";
    at("overall").replaceChildren(mark(worst), ` ${more ? `${more.text} ` : ""}Of the ${verdicts.length} sizes here, they ${parts.join(", ")}.`);
  }

  const severity = (name) => halfpixel.vocabulary.verdicts.find((verdict) => verdict.name === name)?.severity ?? -1;

  // The size at which two differ most.
  function worstSize(data, a, b) {
    const found = data.sizes.map((size, i) => ({ size, ...halfpixel.matrices.compare(a, b, i) })).filter(({ results }) => results.length);
    found.sort((x, y) => severity(y.verdict) - severity(x.verdict) || y.grey - x.grey);
    return (found[0]?.size || data.sizes[0]).key;
  }

  function otherSizes(data, a, b, place) {
    const all = data.sizes.map((_, i) => halfpixel.matrices.compare(a, b, i));
    overall(data, a, b, all);
    const lines = data.sizes.map((size, i) => {
      const found = all[i];
      const link = element("a", { href: halfpixel.fragment("compare", { a: a.name, b: b.name, size: size.key }), textContent: inWords(size) });
      if (i === place) link.setAttribute("aria-current", "true");
      return element("tr", { className: i === place ? "current" : "" }, element("th", { scope: "row" }, link), element("td", {}, mark(found.verdict)),
        element("td", { className: "num", textContent: found.results.length ? number(found.grey) : "" }), element("td", { className: "text", textContent: size.why }));
    });
    const head = [["Size"], ["Verdict"], ["Grey levels", "num"], ["What it tells apart"]];
    at("sizes").replaceChildren(
      element("thead", {}, element("tr", {}, ...head.map(([text, className = ""]) => element("th", { scope: "col", className, textContent: text })))),
      element("tbody", {}, ...lines));
  }

  function picture(data, title, credit, input, a, b, place) {
    const { pictures, matrices } = halfpixel;
    const [one, other] = [a, b].map((each) => matrices.resized(each, place, input));
    const size = data.sizes[place];
    const heading = element("h4", { textContent: `${title}, ${size.n_in} × ${size.n_in} → ${size.n_out} × ${size.n_out}` });
    if (!one || !other) return element("div", { className: "seen" }, heading, element("p", { className: "nothing", textContent: "Not measured by both along both axes at this size." }));
    const moves = pictures.moves(one, other);
    const shown = [
      ["Input", input, pictures.grey], ["First", one, pictures.grey], ["Second", other, pictures.grey],
      ["First minus second", moves.differences, pictures.symmetric(data.palette, Math.max(moves.most, SEEN_GREY))],
    ];
    const text = moves.moved
      ? `${moves.moved} of ${counted(moves.pixels, "pixel")} moved, by at most ${number(moves.most)} grey levels, ${number(moves.mean)} on average.`
      : `No pixel of ${moves.pixels} moved: they differ by at most ${number(moves.most)} grey levels.`;
    return element("div", { className: "seen" }, heading,
      element("p", { className: "small told", textContent: text }),
      element("div", { className: "row" }, ...shown.map(([name, rows, colour]) => element("figure", {},
        pictures.canvas(rows, colour, `${title}: ${name.toLowerCase()}`), element("figcaption", { textContent: name })))),
      ...(credit ? [element("p", { className: "small", textContent: credit })] : []));
  }

  function showPictures(data, a, b, place) {
    const { charts, photograph } = halfpixel.pictures;
    at("pictures").replaceChildren(
      ...charts(data.sizes[place].n_in).map(([title, input]) => picture(data, title, "", input, a, b, place)),
      picture(data, "Photograph", data.photograph.credit, photograph(data.photograph), a, b, data.photograph.size));
  }

  function link(params, which, name) {
    return element("a", { href: halfpixel.fragment("compare", { ...params, [which]: name }), textContent: name });
  }

  // The name that is meant by what was written, and a line about it where it was not the name itself.
  function meant(data, params, which) {
    const text = params[which];
    if (data.names.includes(text)) return text;
    const found = halfpixel.names.search(text, data.calls), others = found.slice(1, 1 + NEAR_AT_MOST);
    const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
    at("trouble").append(element("p", { className: "small" }, ...(found.length
      ? [`“${shown}” is read as ${found[0]}.`, ...others.flatMap((name, i) => [i ? ", " : " It may also mean: ", link(params, which, name)])]
      : [`Nothing here is called “${shown}”.`])));
    return found[0] || null;
  }

  async function start() {
    const data = await halfpixel.unpack("showcase");
    const exact = data.conventions.filter((each) => each.m.some((place) => place !== null)).map((each) => `exact: ${each.name}`);
    data.names = [...data.operations.map((each) => each.id), ...exact];
    const claims = data.operations.map(({ claim }) => data.conventions[claim]?.name);
    data.calls = [
      ...data.operations.map(({ id, framework }, i) => ({ name: id, framework, claim: claims[i] })),
      ...exact.map((name) => ({ name, framework: "exact:", claim: name })),
    ];
    at("choices").append(...data.names.map((value) => element("option", { value })));
    form.elements.size.append(...data.sizes.map((size) => new Option(inWords(size), size.key)));
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => halfpixel.go("compare", Object.fromEntries(new FormData(form))));
    for (const name of ["a", "b"]) form.elements[name].addEventListener("focus", ({ target }) => target.select());
    at("swap").addEventListener("click", () => {
      const { a, b, size } = Object.fromEntries(new FormData(form));
      halfpixel.go("compare", { a: b, b: a, size });
    });
    addEventListener("colours", () => { if (current) heatMaps(data, current, ++turn); });
    return data;
  }

  async function show(data) {
    const mine = ++turn;
    const a = wanted.get("a") || data.start[0];
    const params = { a, b: wanted.get("b") || data.start.find((name) => name !== a) || a, size: wanted.get("size") || "" };
    at("trouble").replaceChildren();
    at("shown").hidden = true;
    current = null;
    const names = ["a", "b"].map((which) => meant(data, params, which));
    const sides = names.map((name) => name && halfpixel.matrices.side(data, name));
    if (sides.every(Boolean)) params.size ||= worstSize(data, ...sides);
    for (const [name, value] of Object.entries({ a: names[0] || params.a, b: names[1] || params.b, size: params.size })) form.elements[name].value = value;
    if (!sides.every(Boolean)) return undefined;
    const place = data.sizes.findIndex((size) => size.key === params.size);
    if (place < 0) {
      at("trouble").textContent = `There is no size “${params.size.slice(0, 40)}” here; there are ${data.sizes.map((size) => size.key).join(", ")}.`;
      return undefined;
    }
    const [a1, b1] = sides, size = data.sizes[place];
    const found = halfpixel.matrices.compare(a1, b1, place);
    at("why").textContent = `${inWords(size)}: ${size.why}.`;
    at("verdict").replaceChildren(mark(found.verdict), ` ${sentence(a1, b1, size, place, found)}`);
    const cautions = sides.filter((one) => one.caution).map((one) => `${one.name} is more than a matrix along each axis: ${one.caution}`);
    at("caution").textContent = cautions.join(" ");
    at("caution").hidden = !cautions.length;
    at("measured").hidden = !found.results.length;
    at("shown").hidden = false;
    otherSizes(data, a1, b1, place);
    showPictures(data, a1, b1, place);
    if (!found.results.length) return undefined;
    current = found.worst.result;
    facts(a1, b1, found);
    where(a1, b1, place, current);
    worstImage(found);
    return heatMaps(data, current, mine);
  }

  async function view() {
    loading ??= start();
    try {
      await show(await loading);
    } catch (error) {
      at("trouble").textContent = error.message;
      throw error;
    }
  }

  halfpixel.route("compare", (params) => {
    wanted = params;
    return view();
  });
  halfpixel.when(section, () => { loading || view(); });
}
