// How far values may be from those of the original code: relative distances in the L2 norm.

/** Single operations and cells. */
export const OPERATION = 1e-5;
/** Outputs, all gradients together, and running statistics of one pass through a network. */
export const ONE_PASS = 1e-4;
/** A single gradient of one pass. */
export const ONE_GRADIENT = 2e-3;
/** Losses, gradient norms and the end of a training of a few steps. */
export const TRAJECTORY = 1e-3;
/** Prepared pictures; labels and bins are equal. */
export const TRANSFORM = 1e-5;
/** Metrics; counts are equal. */
export const METRIC = 1e-6;
/** A single parameter at the end of a training. */
export const ONE_FINAL = 1e-2;
/** The change of the alphas since the start. */
export const ALPHA_CHANGE = 1e-2;
/** What the second order is made of: a difference of nearly equal gradients. */
export const SECOND_ORDER = 1e-2;
