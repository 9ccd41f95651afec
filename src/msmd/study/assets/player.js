// Videos that play together or one at a time, and what has been seen of them.

const SEEN_SHARE = 0.92; // of a video; the rest is rounding and the seam of the loop
const MAX_DRIFT_SECONDS = 0.1;
const TICK_MS = 200;

/** The share of a video that has been played, 0 to 1. */
export function shareSeen(video) {
  if (!video.duration) return 0;
  let seconds = 0;
  for (let i = 0; i < video.played.length; i++) {
    seconds += video.played.end(i) - video.played.start(i);
  }
  return Math.min(1, seconds / (SEEN_SHARE * video.duration));
}

export class Player {
  /**
   * @param characters videos of one length
   * @param reference a video that loops on its own beside them, or null
   * @param together whether all play at once, silently; otherwise one at a time, with sound
   * @param onTick called a few times a second
   */
  constructor(characters, reference, together, onTick) {
    this.characters = characters;
    this.reference = reference;
    this.together = together;
    this.onTick = onTick;
    this.current = null; // the one that speaks, where one does
    for (const video of characters) video.muted = together;
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.corrected = new WeakMap();
  }

  get all() {
    return this.reference ? [this.reference, ...this.characters] : this.characters;
  }

  get playing() {
    return this.all.some((video) => !video.paused);
  }

  /** Start all at once when all can play. */
  async begin() {
    if (!this.together) return;
    await Promise.all(this.all.map(whenReady));
    if (!this.stopped) this.play();
  }

  play(video = null) {
    if (this.together) {
      const time = this.characters[0].currentTime;
      for (const one of this.characters) if (Math.abs(one.currentTime - time) > 0.01) one.currentTime = time;
      for (const one of this.all) start(one);
    } else {
      video ??= this.current ?? this.characters[0];
      for (const one of this.characters) if (one !== video) one.pause();
      if (video !== this.current) video.currentTime = 0;
      this.current = video;
      start(video);
    }
    this.onTick();
  }

  pause() {
    for (const one of this.all) one.pause();
    this.onTick();
  }

  toggle(video = null) {
    const runs = video ? !video.paused : this.playing;
    if (runs) this.pause();
    else this.play(video);
  }

  tick() {
    if (this.together && !this.characters[0].paused) this.keepTogether();
    this.onTick();
  }

  /** Set those right that have drifted from the first; each at most once a second, for seeking costs time. */
  keepTogether() {
    const [first, ...others] = this.characters;
    const length = first.duration;
    if (!length || first.seeking) return;
    for (const one of others) {
      const apart = Math.abs(one.currentTime - first.currentTime);
      const drift = Math.min(apart, length - apart); // one may have begun anew already
      const rested = performance.now() - (this.corrected.get(one) ?? 0) > 1000;
      if (drift > MAX_DRIFT_SECONDS && rested && !one.seeking) {
        one.currentTime = first.currentTime;
        this.corrected.set(one, performance.now());
      }
    }
  }

  stop() {
    this.stopped = true;
    clearInterval(this.timer);
    for (const one of this.all) {
      one.pause();
      one.removeAttribute("src");
      one.load();
    }
  }
}

function start(video) {
  // a browser may refuse until the page is touched; the play button is there for that
  video.play().catch(() => {});
}

function whenReady(video) {
  if (video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA) return Promise.resolve();
  return new Promise((resolve) => video.addEventListener("canplay", resolve, { once: true }));
}
