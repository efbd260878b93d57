/** One value a channel: red, green, blue. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** An 8-bit picture: rows from the top, in a row pixels from the left, in a pixel red, green, blue. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  /** `height * width * 3` values from 0 to 255. */
  readonly data: Uint8Array;
}

export interface LabeledPicture extends Picture {
  /** Position of the class in `LabeledImages.classes`. */
  readonly label: number;
}

/** A picture with a class for every pixel. */
export interface SegmentedPicture extends Picture {
  /** `height * width` positions in `SegmentedImages.classes`, or 255 where a pixel does not count. */
  readonly labelMap: Uint8Array;
}

/** A file that a data set left out, and why. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

/** Mean and standard deviation of a data set for each channel, on a scale where 0 is black and 1 is full. */
export interface Statistics {
  readonly mean: Rgb;
  readonly deviation: Rgb;
}

/** Which preparation of the paper the pictures of a set get: that of small squares is `cifar`. */
export type Preparation = 'cifar' | 'imagenet' | 'cityscapes';

/** A fixed list of pictures. */
export interface Source<P extends Picture> extends Statistics {
  /** What to call the set in a log. */
  readonly name: string;
  /** How many pictures there are. */
  readonly length: number;
  /** Side in pixels where all pictures are squares of one size; null where each keeps its own size. */
  readonly size: number | null;
  readonly preparation: Preparation;
  /** Files that could not be used. Where pictures are decoded when they are asked for, the list grows as they are. */
  readonly skipped: readonly Skipped[];
  /** The pictures at `indices`, in that order. They may share memory with the set: do not write into them. */
  load(indices: ArrayLike<number>): Promise<P[]>;
  /**
   * Where a file may turn out broken when it is decoded: the same with undefined in place of such a picture. `load` gives the
   * next good picture of the set for it, so that the same indices give the same pictures whoever asks.
   */
  tryLoad?(indices: ArrayLike<number>): Promise<(P | undefined)[]>;
}

/** Pictures without labels. The compiler refuses a set with labels in its place: use that set's `images`. */
export interface Images extends Source<Picture> {
  readonly labels?: never;
  readonly segments?: never;
}

/** Pictures with a class each. */
export interface LabeledImages extends Source<LabeledPicture> {
  readonly labels: Int32Array;
  readonly segments?: never;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** The same pictures without their labels. */
  readonly images: Images;
}

/** Pictures with a class for every pixel. */
export interface SegmentedImages extends Source<SegmentedPicture> {
  readonly labels?: never;
  readonly segments: true;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** The same pictures without their label maps. */
  readonly images: Images;
}

/** The kind of set that a consumer of pictures `P` takes: `Images` unless it asks for labels. */
export type ImagesOf<P extends Picture> = P extends SegmentedPicture
  ? SegmentedImages
  : P extends LabeledPicture
    ? LabeledImages
    : Images;
