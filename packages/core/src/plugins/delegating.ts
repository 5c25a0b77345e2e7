/**
 * An object that does what `inner` does, but for the members in `overrides`, for plugins that wrap something. Members of `inner`
 * stay bound to it, so it may be an instance of a class with private fields; a member that it lacks is absent here, too.
 *
 * @example
 * const slow = delegating(bus, { open: async (...call) => (await pause(), bus.open(...call)) });
 */
export function delegating<T extends object>(inner: T, overrides: Partial<T>): T {
  return new Proxy({} as T, {
    get(_, key) {
      if (Object.hasOwn(overrides, key)) return overrides[key as keyof T];
      const value: unknown = Reflect.get(inner, key);
      return typeof value === 'function' ? value.bind(inner) : value;
    },
    has: (_, key) => key in overrides || key in inner,
  });
}
