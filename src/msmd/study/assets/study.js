// The page of a study. What counts is on the server: where a participant is, and what was rated. This file
// shows one view at a time and sends ratings; what is not sent yet is kept in the browser until it is.

import { Player, shareSeen } from "./player.js";

const TEXT = {
  style: {
    task: "How closely does each character match the reference?",
    scale: "0 = not at all alike, 5 = the same style.",
    ends: ["not alike", "the same"],
  },
  lips: {
    task: "How well do the lips of each character fit the speech?",
    scale: "0 = completely mismatched, 5 = perfect synchronization. Disregard differences in style.",
    ends: ["mismatched", "perfect"],
  },
};

const $ = (id) => document.getElementById(id);
const main = $("main");

let token = location.pathname.startsWith("/s/") ? decodeURIComponent(location.pathname.slice(3)) : null;
let state = null; // of the participant, from the server
let trial = null; // the page that is shown: {place, player, characters, ...}

// ---------------------------------------------------------------- server

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function call(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(`/api/${path}`, options);
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, String(content.detail ?? response.statusText));
  return content;
}

// ---------------------------------------------------------------- views

function show(view) {
  trial?.player.stop();
  trial = null;
  main.replaceChildren($(`view-${view}`).content.cloneNode(true));
  $("footer").hidden = true;
  document.body.dataset.view = view;
  window.scrollTo(0, 0);
  return main;
}

const fill = (root, name) => root.querySelector(`[data-fill="${name}"]`);
const on = (name, action) => main.querySelector(`[data-do="${name}"]`).addEventListener("click", action);

function showBar() {
  $("title").textContent = document.title = state.title;
  $("leave").hidden = false;
  $("progress").hidden = !state.practised;
  const place = Math.min(trial?.place || state.done + 1, state.num_trials);
  $("progress-text").textContent = state.finished && !trial ? "Finished" : `${place} of ${state.num_trials}`;
  $("progress-bar").value = state.done / state.num_trials;
}

async function showWelcome() {
  const welcome = await call("welcome");
  $("title").textContent = document.title = welcome.title;
  $("leave").hidden = $("progress").hidden = true;
  const view = show("welcome");
  view.querySelector("h1").textContent = welcome.title;
  const [least, most] = welcome.minutes;
  fill(view, "minutes").textContent = least === most ? `about ${most} minutes` : `${least} to ${most} minutes`;
  fill(view, "needs").textContent = welcome.sound
    ? "A computer, tablet or phone, and headphones or speakers."
    : "A computer, tablet or phone. No sound is needed.";
  if (welcome.contact) fill(view, "contact").textContent = `Questions: ${welcome.contact}`;
  else fill(view, "contact").remove();
  if (welcome.resume) {
    fill(view, "resume").hidden = false;
    on("resume", () => enter(welcome.resume));
  }
  const begin = view.querySelector('[data-do="start"]');
  $("consent").checked = false;
  $("consent").addEventListener("change", (event) => (begin.disabled = !event.target.checked));
  on("start", async () => {
    begin.disabled = true;
    try {
      await enter((await call("start", {})).token);
    } catch (error) {
      begin.disabled = false;
      throw error;
    }
  });
}

async function enter(newToken) {
  token = newToken;
  history.pushState({}, "", `/s/${encodeURIComponent(token)}`);
  await proceed();
}

/** Show what is due. */
async function proceed() {
  state = await call(`${token}/state`);
  if (state.finished) showDone();
  else if (state.practised) await showTrial(state.done + 1);
  else showInstructions();
}

function showInstructions() {
  show(`instructions-${state.kind}`);
  showBar();
  on("practise", () => showTrial(0));
}

function showDone() {
  show("done");
  showBar();
  on("withdraw", withdraw);
  history.replaceState({ done: true }, "");
}

function showMessage(title, text) {
  const view = show("message");
  view.querySelector("h1").textContent = title;
  view.querySelector(".lead").textContent = text;
  $("leave").hidden = true;
}

// ---------------------------------------------------------------- one trial

async function showTrial(place, remember = true) {
  const page = await call(`${token}/page/${place}`);
  const view = show("trial");
  if (remember) {
    const again = history.state?.place === place; // a reload is no new page
    history[again ? "replaceState" : "pushState"]({ place }, "", `#${place}`);
  }
  const text = TEXT[state.kind];
  $("trial").classList.add(state.kind);
  fill(view, "tag").textContent = place ? "" : "Practice";
  fill(view, "task").textContent = text.task;
  fill(view, "scale").textContent = text.scale;
  fill(view, "last-letter").textContent = page.characters.at(-1).letter;

  const figure = view.querySelector(".reference");
  const reference = page.reference ? figure.querySelector("video") : null;
  if (reference) {
    figure.hidden = false;
    load(reference, page.reference);
    reference.setAttribute("aria-label", "Style reference");
  } else {
    figure.remove();
  }
  const characters = page.characters.map((one) => makeCharacter(one));
  const box = view.querySelector(".characters");
  box.replaceChildren(...characters.map((one) => one.root));
  box.style.setProperty("--count", characters.length);

  const player = new Player(characters.map((one) => one.video), reference, state.kind === "style", tick);
  trial = { place, player, characters, reference, looked: 0, since: performance.now(), sending: false };
  restore(page.ratings);
  $("footer").hidden = false;
  $("next").textContent = place === state.num_trials ? "Finish" : "Next";
  showBar();
  tick();
  main.focus({ preventScroll: true });
  await player.begin();
}

function load(video, source) {
  video.addEventListener("error", () => {
    if (!video.getAttribute("src")) return; // the page was left
    setStatus("A video could not be loaded. Check your connection; it is tried again.", true);
    setTimeout(() => video.getAttribute("src") && video.load(), 3000);
  });
  video.src = source;
}

function makeCharacter({ letter, video: source }) {
  const root = $("view-character").content.firstElementChild.cloneNode(true);
  const video = root.querySelector("video");
  root.setAttribute("aria-label", `Character ${letter}`);
  video.setAttribute("aria-label", `Character ${letter}`);
  root.querySelector(".letter").textContent = letter;
  load(video, source);
  const cover = root.querySelector(".cover");
  const scales = state.questions.map((question) => makeScale(letter, question));
  root.querySelector(".scales").replaceChildren(...scales);
  cover.addEventListener("click", () => trial.player.toggle(state.kind === "lips" ? video : null));
  return { letter, root, video, cover, scales, seen: false };
}

function makeScale(letter, { id, text }) {
  const scale = $("view-scale").content.firstElementChild.cloneNode(true);
  const legend = scale.querySelector("legend");
  const hidden = document.createElement("span");
  hidden.className = "only-read";
  hidden.textContent = `Character ${letter}: `;
  legend.append(hidden, text);
  const choices = scale.querySelector(".choices");
  const ends = TEXT[state.kind].ends;
  for (let value = state.lowest; value <= state.highest; value++) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = `${letter}-${id}`;
    input.value = value;
    if (value === state.lowest) input.setAttribute("aria-label", `${value}, ${ends[0]}`);
    if (value === state.highest) input.setAttribute("aria-label", `${value}, ${ends[1]}`);
    const face = document.createElement("span");
    face.textContent = value;
    face.setAttribute("aria-hidden", "true");
    label.append(input, face);
    choices.append(label);
  }
  [...scale.querySelectorAll(".ends span")].forEach((span, index) => (span.textContent = ends[index]));
  scale.addEventListener("change", () => {
    keepDraft();
    tick();
  });
  return scale;
}

/** Bring gates, buttons and the status line up to date. */
function tick() {
  if (!trial) return;
  const { characters, player, reference } = trial;
  for (const one of characters) {
    const share = shareSeen(one.video);
    one.seen ||= share >= 1;
    one.root.querySelector(".seen span").style.width = `${100 * (one.seen ? 1 : share)}%`;
    one.root.classList.toggle("is-seen", one.seen);
    one.root.classList.toggle("is-playing", !one.video.paused);
    const verb = one.video.paused ? "Play" : "Pause";
    one.cover.setAttribute("aria-label", state.kind === "lips" ? `${verb} character ${one.letter}` : `${verb} all videos`);
    const gate = one.root.querySelector(".gate");
    const line = one.seen ? "" : state.kind === "lips" ? "Play it to the end to rate it" : "Watch it once to rate it";
    if (gate.textContent !== line) gate.textContent = line;
    for (const scale of one.scales) if (scale.disabled === one.seen) scale.disabled = !one.seen;
  }
  const asked = characters.length * state.questions.length;
  const given = main.querySelectorAll(".scale input:checked").length;
  const unseen = characters.filter((one) => !one.seen).map((one) => one.letter);
  const unseenReference = reference && shareSeen(reference) < 1;
  const complete = given === asked && !unseen.length && !unseenReference;
  $("next").disabled = !complete || trial.sending;
  $("play").classList.toggle("is-playing", player.playing);
  $("play-text").textContent = player.playing ? "Pause" : "Play";
  if (trial.problem) return;
  if (unseen.length) setStatus(`Not watched yet: ${unseen.join(", ")}`);
  else if (unseenReference) setStatus("Watch the reference to its end");
  else setStatus(complete ? "All rated" : `${given} of ${asked} rated`);
}

function setStatus(text, problem = false) {
  if (trial) trial.problem = problem;
  $("status").classList.toggle("is-problem", problem);
  if ($("status").textContent !== text) $("status").textContent = text;
}

function readRatings() {
  const ratings = {};
  for (const input of main.querySelectorAll(".scale input:checked")) {
    const [letter, question] = input.name.split("-");
    (ratings[letter] ??= {})[question] = Number(input.value);
  }
  return ratings;
}

const draftKey = () => `${token}#${trial.place}`;

function keepDraft() {
  trial.problem = false;
  try {
    localStorage.setItem(draftKey(), JSON.stringify(readRatings()));
  } catch { /* private windows keep nothing; then a reload loses the ratings of this page alone */ }
}

function restore(sent) {
  let ratings = sent;
  try {
    ratings = JSON.parse(localStorage.getItem(draftKey())) ?? sent;
  } catch { /* see keepDraft */ }
  for (const [letter, answers] of Object.entries(ratings)) {
    for (const [question, value] of Object.entries(answers)) {
      const input = main.querySelector(`input[name="${CSS.escape(`${letter}-${question}`)}"][value="${Number(value)}"]`);
      if (input) input.checked = true;
    }
  }
}

function forgetDraft(place) {
  try {
    localStorage.removeItem(`${token}#${place}`);
  } catch { /* see keepDraft */ }
}

function secondsLooked() {
  return (trial.looked + (document.hidden ? 0 : performance.now() - trial.since)) / 1000;
}

document.addEventListener("visibilitychange", () => {
  if (!trial) return;
  if (document.hidden) trial.looked += performance.now() - trial.since;
  else trial.since = performance.now();
});

async function submit() {
  if (!trial || trial.sending || $("next").disabled) return;
  const { place } = trial;
  trial.sending = true;
  setStatus("Saving …");
  $("next").disabled = true;
  try {
    const reply = await call(`${token}/page/${place}`, { ratings: readRatings(), seconds: secondsLooked() });
    forgetDraft(place);
    state = reply;
    if (place === 0) explainPractice(reply.practice);
    else if (state.finished && place >= state.num_trials) showDone();
    else await showTrial(Math.min(place + 1, state.done + 1));
  } catch (error) {
    if (!trial) throw error;
    trial.sending = false;
    const why = error instanceof Refused ? error.message : "No connection.";
    setStatus(`${why} Nothing is lost: press Next again.`, true);
    $("next").disabled = false;
  }
}

function explainPractice(truth) {
  trial.player.pause();
  const letter = (system) => Object.keys(truth).find((key) => truth[key] === system);
  const ratings = readRatings();
  const given = (key) => Object.values(ratings[key]).join(", ");
  const fits = letter("match");
  const not = letter("anchor");
  $("practice-text").textContent = state.kind === "style"
    ? `${fits} was the performance of the reference itself: ratings near 5 suit it (yours: ${given(fits)}). ${not} was another performance: low ratings suit it (yours: ${given(not)}).`
    : `${fits} spoke the words that you heard: high ratings suit it (yours: ${given(fits)}). ${not} spoke other words: low ratings suit it (yours: ${given(not)}).`;
  $("practice-dialog").returnValue = "";
  $("practice-dialog").showModal();
}

// ---------------------------------------------------------------- buttons, keys, history

$("next").addEventListener("click", submit);
$("play").addEventListener("click", () => trial?.player.toggle());
$("practice-dialog").addEventListener("close", (event) => event.target.returnValue !== "back" && showTrial(1));
$("practice-go").addEventListener("click", () => $("practice-dialog").close());

$("leave").addEventListener("click", () => {
  trial?.player.pause();
  $("leave-link").value = `${location.origin}/s/${encodeURIComponent(token)}`;
  $("leave-dialog").showModal();
});
$("stay").addEventListener("click", () => $("leave-dialog").close());
$("copy-link").addEventListener("click", async () => {
  $("leave-link").select();
  try {
    await navigator.clipboard.writeText($("leave-link").value);
  } catch {
    document.execCommand("copy"); // pages without https have no clipboard
  }
  $("copy-link").textContent = "Copied";
});
$("withdraw").addEventListener("click", withdraw);

async function withdraw() {
  if (!confirm("Delete all your answers? This cannot be undone.")) return;
  await call(`${token}/withdraw`, {});
  for (let place = 0; place <= state.num_trials; place++) forgetDraft(place);
  $("leave-dialog").close();
  $("progress").hidden = true;
  showMessage("Your answers are deleted", "Nothing of them is left. Thank you for your time.");
}

document.addEventListener("keydown", (event) => {
  if (!trial || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const scale = event.target.closest?.(".scale");
  const character = trial.characters.find((one) => one.letter === event.key.toUpperCase());
  if (character) {
    event.preventDefault();
    goTo(character);
  } else if (event.key === " " && event.target.tagName !== "BUTTON") {
    event.preventDefault();
    trial.player.toggle();
  } else if (/^[0-9]$/.test(event.key) && scale && !scale.disabled) {
    const input = scale.querySelector(`input[value="${event.key}"]`);
    if (!input) return;
    event.preventDefault();
    input.click();
    focusScale(nextScale(scale));
  } else if (event.key === "Enter" && scale) {
    event.preventDefault();
    submit();
  }
});

function goTo(character) {
  if (state.kind === "lips") trial.player.play(character.video);
  character.root.scrollIntoView({ block: "nearest" });
  const open = character.scales.find((scale) => !scale.disabled);
  if (open) focusScale(open);
  else character.cover.focus();
}

function nextScale(scale) {
  const all = [...main.querySelectorAll(".scale:enabled")];
  return all[all.indexOf(scale) + 1] ?? null;
}

function focusScale(scale) {
  if (!scale) return $("next").focus();
  (scale.querySelector("input:checked") ?? scale.querySelector("input"))?.focus();
}

$("main").addEventListener("submit", (event) => event.preventDefault());

window.addEventListener("popstate", async (event) => {
  const place = event.state?.place ?? placeInAddress();
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close("back"));
  if (!location.pathname.startsWith("/s/")) {
    token = null;
    await showWelcome();
  } else if (event.state?.done) {
    showDone();
  } else if (place === null) {
    state = await call(`${token}/state`);
    if (state.practised) await proceed();
    else showInstructions();
  } else {
    await showTrial(Math.min(place, state.practised ? state.done + 1 : 0, state.num_trials), false);
  }
});

function placeInAddress() {
  const found = /^#(\d+)$/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

/** Whatever goes wrong is said; nothing that was stored is touched. */
function tellProblem(error) {
  if (error instanceof Refused && error.status === 404) {
    showMessage("This link is not known", "It may be mistyped, or its answers were deleted.");
  } else if (trial) {
    setStatus("No connection. Your ratings are kept; try again.", true);
  } else {
    showMessage("The study cannot be reached", "Check your connection and reload this page. Nothing is lost.");
  }
}

window.addEventListener("unhandledrejection", (event) => tellProblem(event.reason));

(token ? proceed() : showWelcome()).catch(tellProblem);
