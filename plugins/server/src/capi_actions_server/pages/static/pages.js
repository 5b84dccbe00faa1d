// The live view follows what comes in.  All pages work without this script.
(function () {
  "use strict";
  var rows = document.getElementById("rows");
  var follow = document.getElementById("follow");
  var filter = document.getElementById("filter");
  if (!rows || !follow || !filter) { return; }
  follow.parentElement.hidden = false;
  filter.elements.state.addEventListener("change", function () { filter.submit(); });

  function next() { window.setTimeout(load, 2000); }
  function load() {
    // Who reads an event isn't interrupted.
    if (!follow.checked || document.hidden || rows.querySelector("details[open]")) { return next(); }
    var address = new URL(window.location.href);
    address.searchParams.set("rows", "");
    window.fetch(address, {credentials: "same-origin", redirect: "error"}).then(function (answer) {
      if (!answer.ok) { throw new Error(answer.status); }
      return answer.text();
    }).then(function (html) {
      if (!rows.querySelector("details[open]")) {
        rows.replaceChildren.apply(rows, Array.from(new DOMParser().parseFromString(html, "text/html").body.childNodes));
      }
      next();
    }).catch(function () { follow.checked = false; next(); });
  }
  next();
})();
