/** How a model learned to see pictures. */
export interface PictureForm {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** bright drawings on a dark ground; absent for photographs */
  readonly drawing?: Drawing | undefined;
}

/** How the drawings of a data set were put on their ground. */
export interface Drawing {
  /** pixels around the drawing's longer side */
  readonly margin: number;
  /** what of the drawing is in the middle: its box, or its centre of mass */
  readonly centre: "box" | "mass";
}
