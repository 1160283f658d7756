/** How rate, increase and delta differ. */
export interface RateForm {
  readonly isCounter: boolean;
  readonly isRate: boolean;
}
