import "react";

declare module "react" {
  // Components pass values to the stylesheet as custom properties.
  interface CSSProperties {
    [property: `--${string}`]: string | number | undefined;
  }
}
