/** Units as devices send them (UCUM, SenML) that people write in another way; "1" means that there is none. */
const WRITTEN: Record<string, string> = { "1": "", Cel: "°C", "[degF]": "°F", deg: "°", Ohm: "Ω" };

/** A unit for people: "Cel" is °C, "kPa" stays as it is. */
export const unitText = (unit: string): string => (Object.hasOwn(WRITTEN, unit) ? WRITTEN[unit]! : unit);
