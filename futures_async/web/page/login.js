const form = document.getElementById("login");
const said = document.getElementById("said");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("login", { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (answer.ok) {
    location.assign("./");
    return;
  }
  const wait = answer.headers.get("retry-after");
  said.textContent = answer.status === 429 ? `Too many tries: wait ${wait} seconds.` : "That is not the token.";
  form.elements.token.select();
});
