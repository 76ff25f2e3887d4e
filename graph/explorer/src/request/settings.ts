import { remembered } from "../store";

/** Whether every mutation is sent with `dryRun`. */
export const sandbox = remembered("taskloom-sandbox", "off");
/** Whether operations are executed by the engine, by the reference executor, or by both. */
export const executor = remembered("taskloom-executor", "engine");
/** How subscriptions are sent. */
export const transport = remembered("taskloom-transport", "websocket");
