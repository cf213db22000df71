{
  // What `probe.compare` computes, on the matrices that the page carries: see probe/compare/comparison.py and golden/tolerance.py.
  const AXES = ["height", "width"];
  const NO_NUMBERS = { nan: NaN, inf: Infinity, "-inf": -Infinity };

  // Rows of [first, weight, weight, ...] as n_out lists of n_in weights; measured ones are float32.
  function dense(rows, nIn, isMeasured) {
    const exactly = isMeasured ? Math.fround : (weight) => weight;
    return rows.map(([first, ...weights]) => {
      const row = new Array(nIn).fill(0);
      weights.forEach((weight, i) => { row[first + i] = weight in NO_NUMBERS ? NO_NUMBERS[weight] : exactly(weight); });
      return row;
    });
  }

  // One operation or exact convention of the showcase, with everything that is asked of either at a size.
  function side(data, name) {
    const exact = /^exact: /.test(name);
    const found = exact
      ? data.conventions.find((each) => `exact: ${each.name}` === name && each.m.some((place) => place !== null))
      : data.operations.find((each) => each.id === name);
    if (!found) return null;
    const claim = exact ? found : data.conventions[found.claim] || null;
    return {
      name, exact, claim, caution: found.caution || "", knownAs: found.known_as || [],
      matrix(size, axis) {
        const place = exact ? found.m[size] : (found.m[size] || [])[axis] ?? null;
        return place === null ? null : dense(data.matrices[place], data.sizes[size].n_in, !exact);
      },
      bound: (size, axis, row) => (claim ? claim.b[size] : found.b[size][axis][row]),
      ties: (size) => new Set((claim && claim.ties[size]) || []),
      at: (size) => (claim && claim.at[size]) || null,
      refused: (size) => (exact ? "" : found.refused[size] || ""),
      misshapen: (size) => (exact ? "" : found.misshapen[size] || ""),
    };
  }

  const sum = (values) => values.reduce((total, value) => total + value, 0);

  // Worst difference of a row for images of values 0 to 255: they are 255 where it has one sign, and 0 elsewhere.
  function greyLevels(row) {
    const known = row.map((value) => (Number.isNaN(value) ? 1 : value));
    return 255 * Math.max(sum(known.filter((value) => value > 0)), -sum(known.filter((value) => value < 0)));
  }

  // The mean of the pixels that a row reads, by weight; rows of next to no weight have none.
  function centroid(row) {
    const total = sum(row);
    return Math.abs(total) > 0.1 ? sum(row.map((weight, i) => weight * i)) / total : NaN;
  }

  // A convention is held to what rounding explains of it alone; two measurements err each for themselves.
  function allowance(a, b, size, axis, row) {
    if (b.exact) return b.bound(size, axis, row);
    if (a.exact) return a.bound(size, axis, row);
    return a.bound(size, axis, row) + b.bound(size, axis, row);
  }

  function tiesOf(a, b, size) {
    if (b.exact) return b.ties(size);
    if (a.exact) return a.ties(size);
    return new Set([...a.ties(size), ...b.ties(size)]);
  }

  function alongAxis(a, b, size, axis) {
    const weights = { a: a.matrix(size, axis), b: b.matrix(size, axis) };
    if (!weights.a || !weights.b) return null;
    const same = a.exact === b.exact ? (x, y) => x === y : (x, y) => Math.fround(x) === Math.fround(y);
    const difference = weights.a.map((row, o) => row.map((weight, i) => weight - weights.b[o][i]));
    const gains = difference.map((row) => sum(row.map(Math.abs))).map((gain) => (Number.isNaN(gain) ? Infinity : gain));
    const bounds = gains.map((_, row) => allowance(a, b, size, axis, row));
    return {
      axis: AXES[axis], ...weights, difference, gains, bounds,
      failing: gains.flatMap((gain, row) => (gain <= bounds[row] ? [] : [row])),
      isExact: weights.a.every((row, o) => row.every((weight, i) => same(weight, weights.b[o][i]))),
    };
  }

  const largest = (values) => values.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best), NaN);

  function worstOf(results, rowsOf) {
    let worst = null;
    for (const result of results) {
      for (const row of rowsOf(result)) {
        if (!worst || result.gains[row] > worst.gain) worst = { result, row, gain: result.gains[row] };
      }
    }
    return worst;
  }

  // The verdict at one size, with the figures that a Discrepancy has. Where the sides agree, those of the largest gain.
  function compare(a, b, size) {
    const axes = a.exact && b.exact ? [0] : [0, 1];
    const results = axes.map((axis) => alongAxis(a, b, size, axis)).filter(Boolean);
    const refused = a.refused(size) || b.refused(size), misshapen = a.misshapen(size) || b.misshapen(size);
    if (!results.length) return { verdict: misshapen ? "error" : refused ? "unsupported" : "not measured", results };
    const failing = results.filter((result) => result.failing.length);
    const rowsOf = failing.length ? (result) => result.failing : (result) => result.gains.keys();
    const rows = results.flatMap((result) => [...rowsOf(result)].map((row) => [result, row]));
    const worst = worstOf(results, rowsOf);
    const grey = Math.max(...rows.map(([result, row]) => greyLevels(result.difference[row])));
    const moved = largest(rows.map(([result, row]) => Math.abs(centroid(result.a[row]) - centroid(result.b[row]))));
    const ties = tiesOf(a, b, size);
    let verdict;
    if (!failing.length) {
      verdict = misshapen ? "error" : refused ? "unsupported" : results.every((result) => result.isExact) ? "exact" : "agrees";
    } else if (results.some((result) => result.gains.includes(Infinity))) verdict = "error";
    else if (failing.every((result) => result.failing.every((row) => ties.has(row)))) verdict = "ties";
    else verdict = grey < 1 ? "approximates" : "diverges";
    return {
      verdict, results, worst, gain: worst.gain, grey, moved,
      bound: worst.result.bounds[worst.row], failing: [...new Set(failing.flatMap((result) => result.failing))].sort((x, y) => x - y),
    };
  }

  const multiply = (matrix, columns) => matrix.map((row) => columns[0].map((_, x) => sum(row.map((weight, y) => weight * columns[y][x]))));
  const transpose = (rows) => rows[0].map((_, x) => rows.map((row) => row[x]));

  // A picture, lines of grey levels, through the matrices of both axes.
  function resized(one, size, picture) {
    const along = one.matrix(size, 0), across = one.matrix(size, 1);
    return along && across && transpose(multiply(across, transpose(multiply(along, picture))));
  }

  halfpixel.matrices = { side, compare, greyLevels, centroid, resized };
}
