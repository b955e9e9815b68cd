"""Every raw table: its columns, their types, its key.

The simulator writes these tables, `load` maps extracts onto them and dbt staging reads them; the types of raw columns
are defined here and nowhere else. README's "The raw tables" documents them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT: Final = "varchar"
DATE: Final = "date"
TIMESTAMP: Final = "timestamp"
INTEGER: Final = "integer"
BIGINT: Final = "bigint"
BOOLEAN: Final = "boolean"
MONEY: Final = "decimal(18,2)"
ENERGY: Final = "decimal(18,3)"
QUANTITY: Final = "decimal(18,3)"
RATE: Final = "decimal(18,6)"


@dataclass(frozen=True)
class Column:
    """One column: its name, DuckDB type, and whether it identifies a person."""

    name: str
    type: str
    pii: bool = False


@dataclass(frozen=True)
class Table:
    """One raw table. `key` is empty where rows have no key of their own."""

    schema: str
    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    loadable: bool = True

    @property
    def full_name(self) -> str:
        """Schema-qualified name, as mapping.yml writes it."""
        return f"{self.schema}.{self.name}"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The table's own columns, followed by the control columns of every landed row."""
        return self.columns + (BOOKKEEPING if self.loadable else ())


# Where a landed row came from and what `load` could not read in it. The first is set on every row, the
# next two on every row from a file, the last only on rows with a value that did not fit its column: that
# column is then null, its text is in `raw_control.unread_values`, and staging rejects the row with the
# reasons given here. They are numbers because every row carries them: text would take ten times the space.
BOOKKEEPING: Final = (
    Column("_batch_no", INTEGER),
    Column("_file_no", INTEGER),
    Column("_source_line", BIGINT),
    Column("_load_reasons", TEXT),
)


def _columns(spec: str, pii: frozenset[str]) -> tuple[Column, ...]:
    kinds = {
        "text": TEXT,
        "date": DATE,
        "ts": TIMESTAMP,
        "int": INTEGER,
        "bigint": BIGINT,
        "bool": BOOLEAN,
        "money": MONEY,
        "energy": ENERGY,
        "qty": QUANTITY,
        "rate": RATE,
    }
    pairs = (word.partition(":") for word in spec.split())
    return tuple(Column(name, kinds[kind or "text"], name in pii) for name, _, kind in pairs)


def _table(name: str, key: str, spec: str, *, pii: str = "", loadable: bool = True) -> Table:
    schema, _, table = name.partition(".")
    columns = _columns(spec, frozenset(pii.split()))
    return Table(schema, table, tuple(key.split()), columns, loadable)


_ALL: Final = (
    # --- customer relationship management
    _table(
        "raw_crm.customers",
        "customer_id",
        "customer_id full_name email phone street city region postal_code country segment"
        " created_at:ts updated_at:ts",
        pii="full_name email phone street",
    ),
    _table(
        "raw_crm.customer_contacts",
        "contact_id",
        "contact_id customer_id full_name email phone role created_at:ts updated_at:ts",
        pii="full_name email phone",
    ),
    _table(
        "raw_crm.accounts",
        "account_id",
        "account_id customer_id line_of_business status opened_on:date closed_on:date"
        " payment_terms_days:int cash_application credit_limit:money currency updated_at:ts",
    ),
    # --- billing
    _table("raw_billing.plans", "plan_id", "plan_id plan_name monthly_price:money currency"),
    _table(
        "raw_billing.price_books",
        "",
        "plan_id sku_id unit_price:money currency valid_from:date valid_to:date",
    ),
    _table(
        "raw_billing.contracts",
        "contract_id",
        "contract_id account_id plan_id sku_id unit_price:money increase_on:date"
        " increased_unit_price:money started_on:date ended_on:date",
    ),
    _table(
        "raw_billing.discounts",
        "discount_id",
        "discount_id subscription_id account_id kind value:rate cap_amount:money"
        " valid_from:date valid_to:date",
    ),
    _table(
        "raw_billing.subscriptions",
        "subscription_id",
        "subscription_id account_id plan_id status started_on:date cancelled_on:date billing_day:int"
        " billed quantity:qty unit_price:money updated_at:ts",
    ),
    _table(
        "raw_billing.tariffs",
        "",
        "rate_schedule consumer_group charge_type slab_order:int slab_width_kwh:energy rate:rate"
        " rate_unit min_load_kw:energy max_load_kw:energy valid_from:date valid_to:date",
    ),
    _table(
        "raw_billing.skus", "sku_id", "sku_id sku_name category unit_price:money unit_cost:money"
    ),
    _table(
        "raw_billing.invoices",
        "invoice_id",
        "invoice_id account_id subscription_id meter_number invoice_date:date due_date:date"
        " period_start:date period_end:date amount:money statement_amount:money currency",
    ),
    _table(
        "raw_billing.invoice_line_items",
        "line_item_id",
        "line_item_id invoice_id subscription_id charge_type sku_id description quantity:qty"
        " unit_price:money amount:money",
    ),
    _table(
        "raw_billing.credit_notes",
        "credit_note_id",
        "credit_note_id invoice_id account_id credit_date:date amount:money reason",
    ),
    _table(
        "raw_billing.write_offs",
        "write_off_id",
        "write_off_id invoice_id account_id written_off_on:date reason",
    ),
    _table(
        "raw_billing.delinquency_policies",
        "policy_id",
        "policy_id line_of_business step_order:int step_name min_unpaid_count:int"
        " min_unpaid_balance:money min_days_unpaid:int failure_code min_ratio:rate penalty:rate"
        " suspend_score:rate close_score:rate valid_from:date valid_to:date",
    ),
    _table(
        "raw_billing.balance_snapshots",
        "",
        "account_id invoice_id check_date:date total_due:money due_date:date unpaid_balance:money"
        " unpaid_ratio:rate previous_unpaid_balance:money previous_score:rate delinquency_type"
        " penalty:rate score:rate status action",
    ),
    _table(
        "raw_billing.bad_debts",
        "account_id",
        "account_id closed_on:date closing_balance:money score:rate is_bad_debt:bool",
    ),
    # --- metering
    _table(
        "raw_metering.meters",
        "meter_id",
        "meter_id meter_number account_id consumer_type rate_schedule district feeder"
        " connected_load_kw:energy status installed_on:date updated_at:ts",
    ),
    _table(
        "raw_metering.readings", "", "meter_number read_at:ts kwh:energy voltage:energy quality"
    ),
    _table(
        "raw_metering.usages",
        "usage_id",
        "usage_id account_id meter_number cycle_start:date cycle_end:date usage_kwh:energy"
        " peak_demand_kw:energy",
    ),
    _table(
        "raw_metering.outages",
        "outage_id",
        "outage_id feeder started_at:ts ended_at:ts cause is_planned:bool",
    ),
    _table(
        "raw_metering.meter_events",
        "event_id",
        "event_id meter_number event_at:ts event_type detail",
    ),
    # --- payments
    _table(
        "raw_payments.payment_methods",
        "payment_method_id",
        "payment_method_id account_id method expires_on:date is_default:bool",
    ),
    _table(
        "raw_payments.payments",
        "payment_id",
        "payment_id account_id invoice_id payment_date:date amount_paid:money currency method",
    ),
    _table(
        "raw_payments.payment_allocations",
        "allocation_id",
        "allocation_id payment_id invoice_id allocated_on:date amount:money",
    ),
    _table(
        "raw_payments.payment_attempts",
        "attempt_id",
        "attempt_id account_id invoice_id attempted_at:ts amount:money outcome failure_code",
    ),
    _table(
        "raw_payments.refunds",
        "refund_id",
        "refund_id payment_id invoice_id refund_date:date amount:money kind",
    ),
    _table(
        "raw_payments.disputes",
        "dispute_id",
        "dispute_id invoice_id opened_on:date resolved_on:date amount:money",
    ),
    # --- service
    _table(
        "raw_service.service_requests",
        "request_id",
        "request_id customer_id account_id category priority opened_at:ts first_response_at:ts"
        " resolved_at:ts reopened_count:int",
    ),
    _table(
        "raw_service.work_orders",
        "work_order_id",
        "work_order_id meter_number feeder kind opened_at:ts completed_at:ts",
    ),
    _table(
        "raw_service.surveys",
        "survey_id",
        "survey_id customer_id request_id answered_at:ts score:int",
    ),
    # --- regulatory
    _table(
        "raw_regulatory.filings",
        "filing_id",
        "filing_id kind period_start:date period_end:date due_on:date filed_on:date",
    ),
    _table(
        "raw_regulatory.disconnect_notices",
        "notice_id",
        "notice_id account_id served_on:date effective_on:date reason",
    ),
    _table(
        "raw_regulatory.audit_events",
        "audit_event_id",
        "audit_event_id entity_type entity_id occurred_at:ts action detail",
    ),
    # --- change feed. `before` and `after` are JSON objects of the row's columns, as text.
    _table(
        "raw_cdc.change_events",
        "event_id",
        "event_id source_table op entity_key source_seq:bigint source_ts:ts before after arrived_at:ts",
        pii="before after",
    ),
    # --- bookkeeping of the extracts themselves
    _table(
        "raw_control.extract_batches",
        "batch_id",
        "batch_id batch_no:int source line_of_business currency status_holds as_of_date:date"
        " covers_from:date covers_to:date period_end_is loaded_at:ts",
        loadable=False,
    ),
    # the form of readings in files that are not hourly energies; a file that is read in several forms has a
    # number for each
    _table(
        "raw_control.extract_files",
        "file_no",
        "file_no:int batch_id source_file reading_kind reading_interval reading_stamp",
        loadable=False,
    ),
    # rows and rejected lines of every table of a load, and of the load before if there was one; an allowed loss of
    # rows, or a delivery of changes only (`delta`), does not stop a build
    _table(
        "raw_control.deliveries",
        "batch_id target_table",
        "batch_id target_table delivery rows_in:bigint rows_before:bigint is_loss_allowed:bool",
        loadable=False,
    ),
    # the text in the file where a value did not fit its column, as a JSON object by column; with both
    # readings if a number is ambiguous. A file may be mapped several times onto one table: `entry_no` is the
    # number of the mapping entry, from 1
    _table(
        "raw_control.unread_values",
        "target_table file_no source_line entry_no",
        "target_table file_no:int source_line:bigint entry_no:int reasons raw_values",
        pii="raw_values",
        loadable=False,
    ),
    # lines of a file that could not be read as a row: not UTF-8, too few columns, an open quote
    _table(
        "raw_control.rejected_rows",
        "",
        "batch_id target_table source_file source_line:bigint reasons raw_line",
        pii="raw_line",
        loadable=False,
    ),
    # the simulation in this warehouse, from which `advance` continues: one row
    _table(
        "raw_control.simulation",
        "",
        "config_json seed:bigint first_month:date last_month:date",
        loadable=False,
    ),
    # --- hidden truth, one row per fault and spell in which a rule can observe it, and one for an injected
    # fault that is never observable (it ends no later than it begins); only the scorecard reads it
    _table(
        "ground_truth.faults",
        "fault_id",
        "fault_id rule cause entity_type entity_id account_id period_start:date amount:money currency"
        " observable_from:date ends_on:date",
        loadable=False,
    ),
    # faults of smart-meter readings, a row per meter and spell of hours
    _table(
        "ground_truth.reading_faults",
        "",
        "meter_number fault starts_at:ts ends_at:ts hours:int",
        loadable=False,
    ),
    # the energy truly used at a smart meter's place in a month, what a faultless meter registers, what was stolen
    _table(
        "ground_truth.meter_months",
        "",
        "meter_id month:date used_kwh:energy registered_kwh:energy stolen_kwh:energy",
        loadable=False,
    ),
    # changes of smart meters' places: vacancies, new tenants, holidays, solar panels, heat pumps, cars. `size` is
    # the share of the usual energy while a place is empty, the level of new tenants relative to the first ones, or kW
    _table(
        "ground_truth.place_changes",
        "",
        "meter_id account_id kind starts_on:date ends_on:date size:rate",
        loadable=False,
    ),
    # how reliably each simulated utility customer pays, from 0 to 1: models may estimate it, but never read it
    _table(
        "ground_truth.customer_reliability",
        "customer_id",
        "customer_id reliability:rate",
        loadable=False,
    ),
)

TABLES: Final[dict[str, Table]] = {table.full_name: table for table in _ALL}
"""Raw tables by schema-qualified name, in the order in which they are created."""
