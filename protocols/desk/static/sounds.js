// Four sounds, made here. None is the only sign of anything.

/** Hertz, seconds: one after the other. @type {Record<string, [number, number][]>} */
const TONES = {
  done: [[660, 0.07]],
  act: [[520, 0.09], [780, 0.12]],
  stop: [[196, 0.16], [0, 0.05], [196, 0.2]],
  tick: [[1200, 0.015]],
};
const VOLUME = 0.15;
/** @type {AudioContext | undefined} */
let context;

/** @param {"done" | "act" | "stop" | "tick"} name */
export function play(name) {
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  let at = context.currentTime;
  for (const [pitch, seconds] of TONES[name] ?? []) {
    if (pitch > 0) {
      const tone = new OscillatorNode(context, { type: "sine", frequency: pitch });
      const level = new GainNode(context, { gain: VOLUME });
      level.gain.setTargetAtTime(0, at + seconds * 0.7, seconds * 0.15);
      tone.connect(level).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
    }
    at += seconds;
  }
}
