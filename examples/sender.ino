// Arduino-style C++ (ESP32, ESP8266): one DATA datagram a second, DESCRIBE at the start and every 30 s. It keeps nothing and answers nothing.
#include <EEPROM.h>
#include <WiFi.h>
#include <WiFiUdp.h>

const char *SSID = "network", *PASSWORD = "password", *ID = "pump-7";
const IPAddress COLLECTOR(192, 168, 1, 10);
const uint16_t PORT = 4747;
enum Kind : uint8_t { DATA = 1, HEARTBEAT = 2, DESCRIBE = 3 };

WiFiUDP udp;
uint32_t epoch;       // counts the starts
uint64_t number = 0;  // of the next DATA; only DATA uses one
uint64_t uptimeMs = 0;  // millis() begins anew after 49 days
uint64_t spokeMs = 0, describedMs = 0;

void put(uint64_t value, int bytes) {
  while (bytes--) udp.write(uint8_t(value >> (8 * bytes)));
}
void begin(Kind kind, uint16_t entries) {
  udp.beginPacket(COLLECTOR, PORT);
  udp.write('L'), udp.write('C'), udp.write(1), udp.write(kind);
  udp.write(4);  // flags: the send time counts from the start of the epoch, for want of a clock
  udp.write(strlen(ID));
  put(entries, 2), put(epoch, 4), put(number, 8), put(uptimeMs * 1000 + 1, 8);
  udp.write((const uint8_t *)ID, strlen(ID));
}
void describe() {
  const char *name = "temperature", *unit = "Cel";
  begin(DESCRIBE, 1);
  put(1, 2), udp.write(strlen(name)), udp.write(strlen(unit));  // channel 1
  udp.write((const uint8_t *)name, strlen(name)), udp.write((const uint8_t *)unit, strlen(unit));
  udp.endPacket();
}

void setup() {
  EEPROM.begin(4);
  EEPROM.get(0, epoch);
  EEPROM.put(0, ++epoch);  // an erased cell reads 0xFFFFFFFF: the first epoch is 0
  EEPROM.commit();
  WiFi.begin(SSID, PASSWORD);
  while (WiFi.status() != WL_CONNECTED) delay(100);
  udp.begin(PORT);
  describe();
}

void loop() {
  uptimeMs += uint32_t(millis() - uint32_t(uptimeMs));  // read once: it may have gone on when it is read again
  if (uptimeMs - describedMs >= 30000) describedMs = uptimeMs, describe();
  if (uptimeMs - spokeMs < 1000) return;
  spokeMs = uptimeMs;
  float value = analogRead(A0) * 0.1f;
  uint32_t bits;
  memcpy(&bits, &value, 4);
  begin(DATA, 1);
  put(1, 2), udp.write(1), udp.write(0), put(0, 4), put(bits, 4);  // channel 1, float32, taken when it is sent
  udp.endPacket();
  number++;
}
