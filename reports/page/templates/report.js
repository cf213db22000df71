{
  // What was too long to be in the page from the start; it is markup that this page was written with.
  async function unfold(details) {
    const { packed } = details.dataset;
    if (!packed) return;
    delete details.dataset.packed;
    const made = document.createElement("template");
    try {
      made.innerHTML = await halfpixel.unpack(packed);
    } catch (error) {
      made.content.append(halfpixel.element("p", { className: "nothing", textContent: error.message }));
    }
    details.append(made.content);
  }

  const folded = () => [...document.querySelectorAll("details[data-packed]")];
  for (const details of folded()) details.addEventListener("toggle", () => unfold(details));

  async function unfoldWhatHolds(id) {
    for (const details of folded()) {
      if ((await halfpixel.unpack(details.dataset.packed)).includes(`id="${id}"`)) {
        await unfold(details);
        return document.getElementById(id);
      }
    }
    return null;
  }

  async function reveal() {
    const id = location.hash.slice(1);
    if (!/^[\w-]+$/.test(id) || halfpixel.routes.has(id)) return;
    const target = document.getElementById(id) || (await unfoldWhatHolds(id));
    if (!target) return;
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    const show = () => {
      target.querySelector(":scope > summary")?.focus({ preventScroll: true });
      halfpixel.hold(target);
    };
    // The browser goes to the fragment once the page is loaded, and takes the focus away.
    if (document.readyState === "complete") show();
    else addEventListener("load", () => setTimeout(show), { once: true });
  }
  addEventListener("hashchange", reveal);
  reveal();
}
