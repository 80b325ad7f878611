"use strict";
{
  const form = document.getElementById("filter");
  const articles = [...document.querySelectorAll("main article")];
  const texts = articles.map((article) => article.textContent.toLowerCase());

  const ticked = (name) =>
    new Set([...form.querySelectorAll(`[name="${name}"]:checked`)].map((box) => box.value));

  function show() {
    const papers = ticked("paper");
    const statuses = ticked("status");
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    articles.forEach((article, i) => {
      const { paper, status } = article.dataset;
      const fits = papers.has(paper) && statuses.has(status);
      article.hidden = !(fits && words.every((word) => texts[i].includes(word)));
      shown += !article.hidden;
    });
    for (const section of document.querySelectorAll("main section")) {
      section.hidden = !section.querySelector("article:not([hidden])");
    }
    form.elements.shown.value = `${shown} of ${articles.length} claims`;
  }

  /* A link to a claim must find it, whatever is filtered. */
  function reveal() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      form.reset();
      show();
      target.scrollIntoView();
    }
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(show));
  window.addEventListener("hashchange", reveal);
  form.hidden = false;
  show();
}
