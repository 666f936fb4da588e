// How an object is turned.

/** Angles in radians; `near`: how much larger than it fits. */
export interface Turn {
  yaw: number;
  pitch: number;
  near: number;
}

export const START: Turn = { yaw: 0.6, pitch: 0.4, near: 1 };
