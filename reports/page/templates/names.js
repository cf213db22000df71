{
  // Calls by the words that people write: "cv2.INTER_LINEAR", "torch bilinear", "Image.BICUBIC", "mode='area'".
  const { spellings, frameworks, kernelParameters, noise } = halfpixel.vocabulary.names;
  const UNKNOWN = 5, PER_UNASKED = 0.4, NEARLY = 0.45;
  const plain = (word) => word.toLowerCase().replaceAll("-", "_");
  const wordsOf = (text) => (text.match(/[A-Za-z_]\w*(?:-\w+)*/g) || []).map(plain);
  const same = (word) => new Set([word, ...spellings.filter((group) => group.includes(word)).flat()]);
  const parameters = (text) => [...text.matchAll(/(\w+)\s*=\s*["']?([^\s,()"']+)/g)].map(([, name, value]) => [plain(name), value]);
  const value = (text) => ({ "1": "true", "0": "false" }[text] || plain(/^[-+.\d]/.test(text) ? text : text.split(".").at(-1)));

  // The frameworks that a word names, of those that are there; "F" and "Image" count as they are written alone.
  function named(word, known) {
    const names = [word, ...(word.length > 1 ? [plain(word)] : [])];
    const found = names.map((name) => frameworks[name]).find((name) => known.has(name));
    if (found) return [found];
    return [...known].filter((name) => plain(name) === plain(word) || plain(name).split(/[@_]/)[0] === plain(word));
  }

  function read(query, known) {
    const asked = parameters(query), rest = query.replace(/(\w+)\s*=\s*["']?([^\s,()"']+)["']?/g, " ");
    const words = asked.filter(([name]) => kernelParameters.includes(name)).map(([, text]) => value(text));
    let only = null;
    for (const path of rest.match(/[A-Za-z_][\w.-]*/g) || []) {
      const parts = path.split(".").filter(Boolean);
      const found = only ? null : [parts[0], path].map((word) => named(word, known)).find((names) => names.length);
      if (found) only = found;
      if (!found || parts.length > 1) words.push(plain(parts.at(-1)));
    }
    return { only, words, asked: asked.filter(([name]) => !kernelParameters.includes(name)).map(([name, text]) => [name, value(text)]) };
  }

  // How far words are from a call; infinite where one of them excludes it. The fewer parameters nobody asked for the better.
  function cost({ only, words, asked }, call) {
    if (only && !only.includes(call.framework)) return Infinity;
    let sum = 0, hits = only ? 1 : 0;
    const used = new Set();
    for (const word of words) {
      const meant = same(word);
      const hit = (list) => list.find((other) => meant.has(other));
      const exact = hit(call.words), part = exact || hit(call.parts);
      if (exact) sum += exact === word ? 0 : 0.25;
      else if (part) sum += 1;
      else if (hit(call.claimed)) sum += 2;
      else if (noise.includes(word)) sum += 0.5;
      else return Infinity;
      if (!noise.includes(word)) hits += 1;
      if (exact || part) for (const other of call.words) if (meant.has(other) || other.split("_").some((piece) => meant.has(piece))) used.add(other);
    }
    for (const [name, text] of asked) {
      const own = call.parameters.find(([other]) => same(name).has(other));
      if (own && value(own[1]) !== text) return Infinity;
      if (own) {
        used.add(own[0]);
        hits += 1;
      } else if (text === "true" && call.claimed.some((word) => same(name).has(word))) {
        sum += 1;
        hits += 1;
      } else if (text !== "false") sum += UNKNOWN;
    }
    if (!hits) return Infinity;
    const unasked = call.parameters.filter(([name, text]) => !used.has(name) && !used.has(value(text)));
    const constants = call.constants.filter((word) => !used.has(word));
    return sum + PER_UNASKED * (constants.length + unasked.reduce((count, [, text]) => count + (value(text) === "false" ? 0.5 : 1), 0));
  }

  // A call is { name, framework, claim }; text that it is searched by may be given as `more`.
  function prepared({ name, framework, claim = "", more = "" }) {
    const own = name.replace(/^\S+ /, ""), words = wordsOf(`${own} ${more}`);
    return {
      name, framework, words, parts: words.flatMap((word) => (word.includes("_") ? word.split("_") : [])),
      claimed: wordsOf(claim), parameters: parameters(own), constants: own.match(/\b[A-Z][A-Z_0-9]+\b/g)?.map(plain) || [],
      isPlain: /^(resize|interpolate|image\.resize|zoom|ops\.image\.resize)\b/.test(own),
    };
  }

  // The names that words may mean, the likeliest first; a name alone means itself.
  function search(query, calls) {
    if (calls.some(({ name }) => name === query)) return [query];
    const known = calls.map(prepared), question = read(query, new Set(known.map(({ framework }) => framework)));
    if (!question.only && !question.asked.length && question.words.every((word) => noise.includes(word))) return [];
    const ranked = known.map((call) => [cost(question, call), call]).filter(([sum]) => sum < Infinity)
      .sort(([a, one], [b, other]) => a - b || other.isPlain - one.isPlain || one.name.length - other.name.length || one.name.localeCompare(other.name));
    return ranked.filter(([sum]) => sum <= ranked[0][0] + (question.only ? NEARLY : 2)).map(([, { name }]) => name);
  }

  halfpixel.names = { search };
}
