/// <reference types="vite/client" />
declare module "*?worker" {
  const constructor: new () => Worker;
  export default constructor;
}
