"""The words of HJ 212 in both languages: what commands, items, fields and findings are called."""

from gateway.link.hj212.factors import factors, old_factors
from gateway.link.hj212.message import Finding
from station import words
from station.words import N_, _

FINDINGS: dict[str, str] = {
    "no_header": N_("there is no ##, with which every frame begins"),
    "no_length": N_("behind ## stand no four digits of length"),
    "length_digits": N_("the length has {count} digits instead of 4"),
    "length_short": N_("the length says {told}, but the data segment has {actual} bytes"),
    "length_long": N_("the length says {told}, but there are only {actual} bytes of data segment: something is missing"),
    "length_characters": N_("the length {told} counts characters; bytes are counted, which are {actual}"),
    "length_printed": N_("the length {told} counts the printed ciphertext; its bytes are {actual}"),
    "too_long": N_("the data segment has {count} bytes; 1024 are allowed"),
    "area_long": N_("CP has {count} characters; 950 are allowed"),
    "before": N_("{count} bytes stand before ##"),
    "behind": N_("{count} bytes stand behind the frame"),
    "no_crc": N_("there is no CRC of four hexadecimal digits behind the data segment (found: {got!r})"),
    "crc": N_("the CRC is {got}; right is {expected}"),
    "crc_modbus": N_("the CRC {got} is that of Modbus, which HJ 212 does not use; right is {expected}"),
    "crc_modbus_swapped": N_("the CRC {got} is that of Modbus with its bytes swapped; right is {expected}"),
    "crc_swapped": N_("the bytes of the CRC {got} are swapped: the high one comes first; right is {expected}"),
    "crc_case": N_("the CRC is written in small letters; capitals are right"),
    "no_area": N_("there is no data area CP=&&…&&"),
    "no_opening": N_("the && behind CP= is missing"),
    "no_closing": N_("the && at the end of the data area is missing"),
    "missing_item": N_("{item} is missing"),
    "absent_item": N_("there is no {item}; the edition of 2005 allowed that"),
    "unknown_item": N_("{item!r} is no header item"),
    "item_twice": N_("{item} stands there twice"),
    "order": N_("the header items are not in the standard's order: {got}"),
    "bad_command": N_("CN is {value!r}; it must be four digits"),
    "odd_number": N_("QN is {value!r}; it should be YYYYMMDDhhmmsszzz"),
    "bad_flag": N_("Flag is {value!r}; 0 to 11 are known"),
    "split_without_numbers": N_("Flag says that the packet is one of several, but PNUM and PNO are missing"),
    "numbers_without_split": N_("there are PNUM and PNO, but Flag does not say so"),
    "bad_part": N_("packet {part} of {parts} cannot be"),
    "odd_resent": N_("RF is {value!r}; it may only be 1"),
    "bare_field": N_("the field {field!r} has no ="),
    "empty_field": N_("there is an empty field"),
    "field_twice": N_("{field} stands there more than once"),
    "bare_flag": N_("a Flag belongs to no factor"),
    "odd_suffix": N_("{field!r} is no regular field name"),
    "flag_first": N_("{field} stands before its value"),
    "not_utf8": N_("the text is not UTF-8; it was read as GBK"),
    "spaces": N_("there are spaces around {item!r}"),
    "unknown_command": N_("the command {value} is in no edition"),
    "odd_password": N_("PW has not six letters or digits"),
    "long_station": N_("MN has {count} characters; 24 are allowed"),
    "early_resent": N_("RF belongs to the edition of 2025, not of {edition}"),
    "no_time": N_("the data have no DataTime"),
    "odd_time": N_("{field} is {value!r}, which is no time YYYYMMDDhhmmss"),
    "odd_value": N_("{field} is {value!r}, which is no plain number"),
    "odd_mark": N_("{field} is {value!r}, which is no known mark"),
    "trailing": N_("there is a ; before the closing &&"),
    "no_key": N_("the data area is encrypted and the CRC is over its plaintext: give the key with --key"),
    "wrong_key": N_("the key does not fit"),
    "water_protocol": N_("an MN of this form is used by the surface water protocol, which has the same Flag as HJ 212-2025"),
}
"""What is wrong or odd, for each word of the codec."""

COMMANDS: dict[str, str] = {
    "1000": N_("set timeout and resend count"),
    "1001": N_("hardware numbers before activation"),
    "1002": N_("assign the MN"),
    "1011": N_("read the clock"),
    "1012": N_("set the clock"),
    "1013": N_("ask for the clock to be set"),
    "1014": N_("encryption key"),
    "1061": N_("read the real-time interval"),
    "1062": N_("set the real-time interval"),
    "1063": N_("read the minute interval"),
    "1064": N_("set the minute interval"),
    "1072": N_("set the password"),
    "2011": N_("real-time data"),
    "2012": N_("stop real-time data"),
    "2013": N_("raw data"),
    "2021": N_("equipment state"),
    "2022": N_("stop equipment state"),
    "2031": N_("daily data"),
    "2041": N_("daily run time of equipment"),
    "2051": N_("minute data"),
    "2052": N_("single noise measurement"),
    "2061": N_("hourly data"),
    "2062": N_("standard-sample check"),
    "2071": N_("alarm record of 2005"),
    "2072": N_("alarm event of 2005"),
    "2081": N_("power-on time"),
    "2111": N_("furnace temperature"),
    "3011": N_("zero and span calibration"),
    "3012": N_("sample now"),
    "3013": N_("clean or blow back"),
    "3014": N_("comparison sample"),
    "3015": N_("keep a sample"),
    "3016": N_("set the sampling period"),
    "3017": N_("read the sampling period"),
    "3018": N_("duration of a measurement"),
    "3019": N_("serial number of an instrument"),
    "3020": N_("device information"),
    "3021": N_("set a parameter"),
    "3022": N_("keep a sample now"),
    "3024": N_("start a standard check"),
    "9011": N_("request accepted?"),
    "9012": N_("result of a request"),
    "9013": N_("notice acknowledged"),
    "9014": N_("data acknowledged"),
    "9015": N_("heartbeat"),
}
"""Command number → what it is about."""

ITEMS: dict[str, str] = {
    "QN": N_("exchange number"),
    "ST": N_("system"),
    "CN": N_("command"),
    "PW": N_("password"),
    "MN": N_("station number"),
    "Flag": N_("flag"),
    "PNUM": N_("number of packets"),
    "PNO": N_("this packet"),
    "RF": N_("sent again after an outage"),
}
"""Header items."""

SYSTEMS: dict[str, str] = {
    "21": N_("surface water"),
    "22": N_("air quality"),
    "23": N_("environmental noise"),
    "24": N_("ground water"),
    "25": N_("soil"),
    "26": N_("sea water"),
    "27": N_("volatile organic compounds"),
    "31": N_("air pollution source"),
    "32": N_("surface-water pollution source"),
    "33": N_("ground-water pollution source"),
    "34": N_("sea pollution source"),
    "35": N_("soil pollution source"),
    "36": N_("noise pollution source"),
    "37": N_("vibration source"),
    "38": N_("radioactive source"),
    "39": N_("construction-site dust"),
    "41": N_("electromagnetic source"),
    "44": N_("electricity monitoring"),
    "45": N_("key operating conditions"),
    "51": N_("flue gas process"),
    "52": N_("sewage process"),
    "91": N_("system interaction"),
}
"""System codes (ST)."""

SUFFIXES: dict[str, str] = {
    "Rtd": N_("now"),
    "Min": N_("minimum"),
    "Avg": N_("mean"),
    "Max": N_("maximum"),
    "Cou": N_("total"),
    "Flag": N_("mark"),
    "EFlag": N_("maker's mark"),
    "Data": N_("value"),
    "DayData": N_("day value"),
    "NightData": N_("night value"),
    "SampleTime": N_("sampled at"),
    "Info": N_("information"),
    "SN": N_("serial number"),
    "RS": N_("state"),
    "RT": N_("run time in h"),
    "ZsRtd": N_("now, converted"),
    "ZsMin": N_("minimum, converted"),
    "ZsAvg": N_("mean, converted"),
    "ZsMax": N_("maximum, converted"),
    "RawAvg": N_("mean, uncorrected"),
    "Ala": N_("value at the alarm"),
    "SampleRd": N_("reading of the standard sample"),
    "Check": N_("reading of the standard sample"),
    "StandardValue": N_("value of the standard sample"),
    "ResultType": N_("passed (1) or not (0)"),
    "CompleteTime": N_("completed at"),
}
"""What stands behind the - of a field name."""

FIELDS: dict[str, str] = {
    "DataTime": N_("time of the data (+08:00)"),
    "SystemTime": N_("clock (+08:00)"),
    "BeginTime": N_("from (+08:00)"),
    "EndTime": N_("to (+08:00)"),
    "RestartTime": N_("powered on at (+08:00)"),
    "RtdInterval": N_("real-time interval in s"),
    "MinInterval": N_("minute interval in min"),
    "OverTime": N_("timeout in s"),
    "ReCount": N_("resend count"),
    "NewPW": N_("new password"),
    "PolId": N_("factor"),
    "InfoId": N_("kind of information"),
    "QnRtn": N_("answer to the request"),
    "ExeRtn": N_("result"),
    "VaseNo": N_("bottle number"),
    "CstartTime": N_("first sample at"),
    "CTime": N_("sampling period in h"),
    "Ctime": N_("sampling period in h"),
    "Stime": N_("duration of a measurement in min"),
    "AlarmTime": N_("alarm since (+08:00)"),
    "AlarmType": N_("alarm (1) or its end (0)"),
    "CalibrationType": N_("zero (0) or span (1)"),
    "SKCreateTime": N_("key of (+08:00)"),
    "NewSK": N_("new encryption key"),
}
"""Fields without a factor."""

MARKS: dict[str, str] = {
    "N": N_("normal"),
    "F": N_("out of service"),
    "M": N_("maintenance"),
    "S": N_("entered by hand"),
    "D": N_("fault"),
    "C": N_("calibration"),
    "T": N_("over range"),
    "B": N_("communication with the instrument failed"),
    "Td": N_("key operating parameter at fault"),
}
"""Data marks."""

ANSWERS: dict[str, str] = {
    "1": N_("ready"),
    "2": N_("refused"),
    "3": N_("wrong password"),
    "4": N_("wrong MN"),
    "5": N_("wrong ST"),
    "6": N_("wrong Flag"),
    "7": N_("wrong QN"),
    "8": N_("unknown command"),
    "9": N_("wrong CRC"),
    "100": N_("unknown reason"),
}
"""QnRtn."""

RESULTS: dict[str, str] = {
    "1": N_("done"),
    "2": N_("failed"),
    "3": N_("wrong conditions"),
    "4": N_("timeout"),
    "5": N_("busy"),
    "6": N_("device fault"),
    "100": N_("no data"),
}
"""ExeRtn."""


def finding(one: Finding) -> str:
    """A finding as a sentence."""
    return _(FINDINGS[one.code]).format(**one.facts)


def field(name: str, value: str) -> str:
    """A field of the data area as people read it."""
    if name in FIELDS:
        tables = {"QnRtn": ANSWERS, "ExeRtn": RESULTS}
        meaning = tables[name].get(value, "") if name in tables else ""
        told = _factor(value)[0] if name == "PolId" else _(meaning)
        return f"{_(FIELDS[name])}: {value}" + (f" ({told})" if told and told != value else "")
    code, dash, suffix = name.rpartition("-")
    if not dash:
        return f"{name}: {value}"
    title, unit = _factor(code)
    what = _(SUFFIXES[suffix]) if suffix in SUFFIXES else suffix
    if suffix == "Flag":
        return f"{title}, {what}: {value} ({_(MARKS.get(value, N_('unknown')))})"
    shown = f" {unit}" if unit not in ("", "1") and suffix in ("Rtd", "Min", "Avg", "Max", "Data", "DayData", "NightData") else ""
    return f"{title}, {what}: {value}{shown}"


def _factor(code: str) -> tuple[str, str]:
    """Name and usual unit of a factor, with what the annex says where practice differs."""
    known = factors().get(code) or old_factors().get(code)
    if known is None:
        return code, ""
    unit = known.unit
    if known.annex:
        unit += _(" (annex B: {unit})").format(unit=known.annex)
    return f"{known.name(words.language())} {code}", unit
