const form = document.getElementById("login");
const said = document.getElementById("said");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("login", {
    method: "POST",
    headers: { "X-Futures-Async": "login" },
    body: new URLSearchParams(new FormData(form)),
  });
  if (answer.ok) {
    location.assign(`./${location.hash}`); // what is sorted and filtered by
    return;
  }
  const wait = answer.headers.get("retry-after");
  said.textContent = answer.status === 429 ? `Too many tries: wait ${wait} seconds.` : "That is not the token.";
  form.elements.token.select();
});
