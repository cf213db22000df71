{
  // "Do these two agree?", at the top of the page.
  const form = document.getElementById("ask");
  const list = document.getElementById("ask-operations");

  async function offer() {
    form.removeEventListener("focusin", offer);
    const operations = await halfpixel.unpack("operations");
    list.append(...operations.map((value) => halfpixel.element("option", { value })));
  }
  form?.addEventListener("focusin", offer);
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    halfpixel.go("compare", { a: form.elements.a.value, b: form.elements.b.value });
  });
}
