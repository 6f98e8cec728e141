"""A small procedure with one field of each type, in a zone with a spring gap."""

from __future__ import annotations

from datetime import datetime

from huiyin.importing.columns import ColumnChoice, Columns
from huiyin.tabular.text_rows import EXCEL_EPOCH
from huiyin.tabular.values import Reading
from shared.business_time.zones import zone
from shared.procedures.loader import parse_procedure
from shared.procedures.model import FieldSpec, Procedure

TEXT = """
id: small-shop
version: 1
name: {zh: 小店, en: Small shop}
in_force_from: 2020-01-01
time_zone: Europe/Berlin
calendar: cn
channels:
  - {id: telephone, name: {zh: 电话, en: Telephone}}
  - {id: online, name: {zh: 网上, en: Online form}}
fields:
  - {id: name, label: {zh: 姓名, en: Name}, type: text, holds: identity, max_length: 10, aliases: [投诉人]}
  - {id: content, label: {zh: 内容, en: What happened}, type: text, holds: evidence, required: registration,
     max_length: 20, aliases: [留言详情, description]}
  - id: kind
    label: {zh: 类别, en: Kind}
    type: choice
    choices:
      - {id: goods, name: {zh: 商品, en: Goods}}
      - {id: after-sales, name: {zh: 售后服务, en: After-sales service}}
  - {id: injured, label: {zh: 有人受伤, en: Somebody is hurt}, type: boolean}
  - {id: people, label: {zh: 人数, en: How many people}, type: integer, at_least: 1, at_most: 500}
  - {id: bought-on, label: {zh: 购买日期, en: Bought on}, type: date}
  - {id: noticed-at, label: {zh: 发现时间, en: Noticed at}, type: instant}
numbering:
  case: {pattern: "S{year}-{number:05}"}
departments:
  - {id: desk, name: {zh: 服务台, en: Service desk}}
default_department: desk
"""


def small_shop() -> Procedure:
    """The procedure."""
    return parse_procedure(TEXT, "small-shop.yaml")


def spec(field: str) -> FieldSpec:
    """One of its fields."""
    return next(one for one in small_shop().fields if one.id == field)


def reading(
    date_format: str | None = None, *, zone_name: str = "Europe/Berlin", epoch: datetime = EXCEL_EPOCH
) -> Reading:
    """How its cells are read."""
    return Reading(zone(zone_name), epoch, date_format)


def columns(mapping: dict[str, str] | None = None, constants: dict[str, str] | None = None) -> Columns:
    """Its columns with these options of the command line."""
    return Columns(small_shop(), reading(), ColumnChoice(mapping or {}, constants or {}))
