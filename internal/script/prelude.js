// What goja lacks of the language, or does without regard to locale and zone, in
// terms of the functions of Go that it is given. It runs before each function.
(function (host) {
  "use strict";
  const define = (object, name, value) =>
    Object.defineProperty(object, name, {value, writable: true, enumerable: false, configurable: true});

  // A tag of a locale: the first that is asked for.
  const tagOf = (locales) => {
    if (locales === null) throw new TypeError("Cannot convert null to object");
    const first = Array.isArray(locales) ? locales[0] : locales;
    return typeof first === "string" ? first : "";
  };
  // The options that are known. One that would change the result and is not known is refused.
  const optionsOf = (options, known, unknown) => {
    const out = {};
    if (options === undefined) return "{}";
    if (options === null) throw new TypeError("Cannot convert null to object");
    for (const name of known) if (options[name] !== undefined) out[name] = options[name];
    for (const name of unknown) if (options[name] !== undefined) throw new RangeError("option " + name + " is not known here");
    for (const [name, value] of [["numberingSystem", "latn"], ["calendar", "gregory"]]) {
      if (options[name] !== undefined && options[name] !== value) throw new RangeError(name + " " + options[name] + " is not known here");
    }
    return JSON.stringify(out);
  };
  const numberOptions = ["style", "currency", "useGrouping", "minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits"];
  const noNumberOptions = ["currencyDisplay", "currencySign", "unit", "notation", "signDisplay", "minimumSignificantDigits", "maximumSignificantDigits",
    "roundingMode", "roundingIncrement", "roundingPriority", "trailingZeroDisplay"];
  const dateOptions = ["timeZone", "weekday", "year", "month", "day", "hour", "minute", "second", "hour12", "hourCycle", "dateStyle", "timeStyle"];
  const noDateOptions = ["era", "dayPeriod", "timeZoneName", "fractionalSecondDigits"];
  const collatorOptions = ["numeric", "sensitivity"], noCollatorOptions = ["ignorePunctuation", "caseFirst"];
  const ask = (answer) => {
    if (answer.error) throw new RangeError(answer.error);
    return answer.value;
  };
  const number = (value, locales, options) => ask(host.number(Object.is(value, -0) ? "-0" : String(value), tagOf(locales), optionsOf(options, numberOptions, noNumberOptions)));
  const date = (value, locales, options, part) => {
    const tag = tagOf(locales), asked = optionsOf(options, dateOptions, noDateOptions);
    return Number.isNaN(value) ? "Invalid Date" : ask(host.date(value, tag, asked, part));
  };

  const numberValue = Number.prototype.valueOf, bigValue = BigInt.prototype.valueOf, dateValue = Date.prototype.getTime;
  define(Number.prototype, "toLocaleString", function toLocaleString(locales, options) {
    return number(numberValue.call(this), locales, options);
  });
  define(BigInt.prototype, "toLocaleString", function toLocaleString(locales, options) {
    return number(bigValue.call(this), locales, options);
  });
  define(Array.prototype, "toLocaleString", function toLocaleString(locales, options) {
    return Array.prototype.map.call(this, (v) => v === null || v === undefined ? "" : String(v.toLocaleString(locales, options))).join(",");
  });
  for (const [name, part] of [["toLocaleString", "any"], ["toLocaleDateString", "date"], ["toLocaleTimeString", "time"]]) {
    define(Date.prototype, name, {[name](locales, options) {
      return date(dateValue.call(this), locales, options, part);
    }}[name]);
  }
  define(String.prototype, "localeCompare", function localeCompare(that, locales, options) {
    return ask(host.compare(String(this), String(that), tagOf(locales), optionsOf(options, collatorOptions, noCollatorOptions)));
  });
  define(String.prototype, "toLocaleUpperCase", function toLocaleUpperCase(locales) {
    return ask(host.change(String(this), tagOf(locales), true));
  });
  define(String.prototype, "toLocaleLowerCase", function toLocaleLowerCase(locales) {
    return ask(host.change(String(this), tagOf(locales), false));
  });

  // Intl, as far as it does the same as the methods above.
  class NumberFormat {
    constructor(locales, options) {
      number(0, locales, options);
      this.format = (value) => number(typeof value === "bigint" ? value : Number(value), locales, options);
    }
  }
  class DateTimeFormat {
    constructor(locales, options) {
      date(0, locales, options, "format");
      this.format = (value) => date(value === undefined ? Date.now() : Number(value), locales, options, "format");
    }
    resolvedOptions() { return {locale: "en-US", timeZone: host.zone}; }
  }
  class Collator {
    constructor(locales, options) {
      this.compare = (a, b) => String(a).localeCompare(b, locales, options);
    }
  }
  define(globalThis, "Intl", {NumberFormat, DateTimeFormat, Collator});
  // What Intl lacks is an error that names it, not undefined.
  for (const name of ["DisplayNames", "DurationFormat", "ListFormat", "Locale", "PluralRules", "RelativeTimeFormat", "Segmenter", "getCanonicalLocales", "supportedValuesOf"]) {
    Object.defineProperty(Intl, name, {get() { throw new TypeError("Intl." + name + " is not there"); }, enumerable: false, configurable: true});
  }

  // Unicode property escapes in expressions that are made while the function runs.
  const expand = (pattern, flags) => typeof pattern === "string" && String(flags === undefined ? "" : flags).includes("u") && /\\p/i.test(pattern)
    ? ((r) => { if (r.error) throw new SyntaxError("Invalid regular expression: /" + pattern + "/: " + r.error); return r.value; })(host.expand(pattern))
    : pattern;
  const original = RegExp;
  const wrapped = function RegExp(pattern, flags) {
    const given = flags === undefined ? [pattern] : [expand(pattern, flags), flags];
    if (new.target === undefined) return original(...given);
    return Reflect.construct(original, given, new.target === wrapped ? original : new.target);
  };
  Object.defineProperty(wrapped, "prototype", {value: original.prototype, writable: false, enumerable: false, configurable: false});
  Object.defineProperty(wrapped, Symbol.species, {get() { return this; }, configurable: true});
  define(original.prototype, "constructor", wrapped);
  define(globalThis, "RegExp", wrapped);
})
